import { parseRule } from './parse-rule.ts';
import type { FirewallRule } from './rule.ts';
import { MAX_RULES } from './rule.ts';
import { RuleError } from './rule-error.ts';

/** Comments the Admin API takes; anything else would make it refuse the whole list. */
const NOT_IN_COMMENTS = /[^A-Za-z0-9:;,./\-_[\] ]/g;
const COMMENT = 'comment=';

/**
 * Reads rules as `admin.vm.firewall.Set` gets them: one on a line, `action=accept proto=tcp …`,
 * a line break at the end or none.
 * @throws RuleError that names the rule by its number
 */
export function parseRules(untrusted: string): readonly FirewallRule[] {
  const untrustedLines = untrusted.replace(/\n$/, '').split('\n');
  if (untrustedLines.length > MAX_RULES) throw new RuleError(`More than ${MAX_RULES} rules`);
  return untrustedLines.map((untrustedLine, index) => {
    try {
      return parseLine(untrustedLine);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw new RuleError(`Rule ${index + 1}: ${error.message}`, { cause: error });
    }
  });
}

/** A rule as one line for the Admin API, its options in the order in which that answers. */
export function ruleText(rule: FirewallRule): string {
  const comment = commentText(rule);
  // Everything after `comment=` is comment.
  return comment === undefined
    ? textOf(optionsOf(rule))
    : textOf([...optionsOf(rule), ['comment', comment]]);
}

/** A rule as the firewall of a network qube reads it. */
export function filterText(rule: FirewallRule): string {
  return textOf(optionsOf(rule).filter(([name]) => name !== 'expire'));
}

/** What is not taken in a comment is `_`: a line break never makes a second rule. */
export function commentText({ comment }: FirewallRule): string | undefined {
  return comment === undefined || comment === ''
    ? undefined
    : comment.replace(NOT_IN_COMMENTS, '_');
}

function parseLine(untrusted: string): FirewallRule {
  if (/[^\x20-\x7e]/.test(untrusted)) throw new RuleError('has characters that cannot be printed');
  const at = untrusted.search(/(?<![^ ])comment=/);
  const untrustedOptions = (at < 0 ? untrusted : untrusted.slice(0, at)).trim();
  const untrustedComment = at < 0 ? '' : untrusted.slice(at + COMMENT.length);
  if (untrustedOptions === '') throw new RuleError('is empty');
  const options = new Map<string, string>();
  for (const untrustedOption of untrustedOptions.split(' ')) {
    const [name = '', ...untrustedValue] = untrustedOption.split('=');
    if (untrustedValue.length === 0)
      throw new RuleError(`'${untrustedOption}' is not OPTION=VALUE`);
    if (options.has(name)) throw new RuleError(`option '${name}' is given twice`);
    options.set(name, untrustedValue.join('='));
  }
  if (untrustedComment !== '') options.set('comment', acceptComment(untrustedComment));
  return parseRule(options);
}

function acceptComment(untrusted: string): string {
  if (untrusted.search(NOT_IN_COMMENTS) < 0) return untrusted;
  throw new RuleError('comment has other characters than letters, digits, blanks and :;,./-_[]');
}

type Option = readonly [name: string, value: string];

function optionsOf({ dstports, ...rule }: FirewallRule): readonly Option[] {
  const values: readonly (readonly [string, string | number | undefined])[] = [
    ['action', rule.action],
    ['expire', rule.expire],
    ['dst4', rule.dst4],
    ['dst6', rule.dst6],
    ['dsthost', rule.dsthost],
    ['proto', rule.proto],
    ['specialtarget', rule.specialtarget],
    ['dstports', dstports?.join('-')],
    ['icmptype', rule.icmptype],
  ];
  return values.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

function textOf(options: readonly Option[]): string {
  return options.map(([name, value]) => `${name}=${value}`).join(' ');
}
