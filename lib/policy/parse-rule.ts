import { printable } from '../base/printable.ts';
import type { Action, Rule } from './rule.ts';
import { parseToken, type Token, type TokenPlace } from './token.ts';
import type { RulePlace } from './verdict.ts';

/** What is wrong with a line; safe to show. */
export class RuleError extends Error {}

const SERVICE = /^[A-Za-z0-9._-]*$/;
const ARGUMENT = /^[A-Za-z0-9+._-]*$/;

/** Parameters by action, and whether their value is `yes` or `no`. */
const PARAMETERS: Readonly<Record<Action['kind'], Readonly<Record<string, 'word' | 'boolean'>>>> = {
  allow: { target: 'word', user: 'word', notify: 'boolean', autostart: 'boolean' },
  ask: {
    target: 'word',
    default_target: 'word',
    user: 'word',
    notify: 'boolean',
    autostart: 'boolean',
  },
  deny: { notify: 'boolean' },
};

/** What a rule is about: the first two words of a line. */
export type RuleSubject = Pick<Rule, 'service' | 'argument'>;

/**
 * The rule in the words of a line: `SERVICE +ARGUMENT|* SOURCE TARGET ACTION PARAMETERS…`.
 * @throws RuleError
 */
export function parseRule(words: readonly string[], place: RulePlace): Rule {
  const [service, argument, ...rest] = words;
  if (service === undefined || argument === undefined) throw new RuleError(TOO_FEW);
  return { ...parseSubject(service, argument), ...parseAbout(rest), place };
}

/**
 * The rule in the words of a line of an included file, which leaves out what it is about.
 * @throws RuleError
 */
export function parseIncludedRule(
  subject: RuleSubject,
  words: readonly string[],
  place: RulePlace,
): Rule {
  return { ...subject, ...parseAbout(words), place };
}

/**
 * The service and argument of a line, either of which can be `*`.
 * @throws RuleError
 */
export function parseSubject(service: string, argument: string): RuleSubject {
  if (service !== '*' && !SERVICE.test(service)) {
    throw new RuleError(`the service ${show(service)} contains invalid characters`);
  }
  if (argument === '*')
    return { service: service === '*' ? undefined : service, argument: undefined };
  if (!ARGUMENT.test(argument)) {
    throw new RuleError(`the argument ${show(argument)} contains invalid characters`);
  }
  if (!argument.startsWith('+')) {
    throw new RuleError(`the argument ${show(argument)} does not begin with +`);
  }
  if (service === '*') throw new RuleError('only the argument * goes with the service *');
  return { service, argument: argument.slice(1) };
}

const TOO_FEW =
  'wrong number of fields: there must be at least service, argument, source, target, action';

function parseAbout(words: readonly string[]): Pick<Rule, 'source' | 'target' | 'action'> {
  const [source, target, action, ...parameters] = words;
  if (source === undefined || target === undefined || action === undefined) {
    throw new RuleError(TOO_FEW);
  }
  const rule = {
    source: requireToken(source, 'source'),
    target: requireToken(target, 'target'),
    action: parseAction(action, parameters),
  };
  if (
    rule.target.kind === 'default' &&
    rule.action.kind === 'allow' &&
    rule.action.redirect === undefined
  ) {
    throw new RuleError('to allow @default, the line must say target=');
  }
  return rule;
}

function parseAction(kind: string, words: readonly string[]): Action {
  if (kind !== 'allow' && kind !== 'ask' && kind !== 'deny') {
    throw new RuleError(`${show(kind)} is no action: it must be allow, deny or ask`);
  }
  const values = parseParameters(kind, words);
  if (kind === 'deny') return { kind, notify: values.get('notify') !== 'no' };
  const terms = {
    redirect: optionalToken(values.get('target')),
    user: values.get('user') || undefined,
    notify: values.get('notify') === 'yes',
    autostart: values.get('autostart') !== 'no',
  };
  if (kind === 'allow') return { kind, ...terms };
  return { kind, ...terms, defaultTarget: optionalToken(values.get('default_target')) };
}

function parseParameters(
  kind: Action['kind'],
  words: readonly string[],
): ReadonlyMap<string, string> {
  const known = PARAMETERS[kind];
  const values = new Map<string, string>();
  for (const word of words) {
    const sign = word.indexOf('=');
    if (sign < 0) throw new RuleError(`${show(word)} is not of the form PARAMETER=VALUE`);
    const key = word.slice(0, sign);
    const value = word.slice(sign + 1);
    if (values.has(key)) throw new RuleError(`the parameter ${show(key)} is given twice`);
    if (!Object.hasOwn(known, key)) {
      throw new RuleError(`${kind} has no parameter ${show(key)}`);
    }
    if (known[key] === 'boolean' && value !== 'yes' && value !== 'no') {
      throw new RuleError(`${key} is ${show(value)}: it must be yes or no`);
    }
    values.set(key, value);
  }
  return values;
}

function optionalToken(text: string | undefined): Token | undefined {
  return text === undefined ? undefined : requireToken(text, 'redirect');
}

function requireToken(text: string, place: TokenPlace): Token {
  const token = parseToken(text, place);
  if (token !== undefined) return token;
  const where = place === 'redirect' ? 'target' : place;
  throw new RuleError(
    `${show(text)} cannot be a ${where}${place === 'redirect' ? ' of a call' : ''}`,
  );
}

function show(untrusted: string): string {
  return `"${printable(untrusted)}"`;
}
