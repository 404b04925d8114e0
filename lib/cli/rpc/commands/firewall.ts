import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { type RuleFields, ruleFields, ruleLine } from '../../../admin/firewall.ts';
import { diskError } from '../../../base/disk-error.ts';
import { UsageError } from '../../../base/errors.ts';
import { RuleError } from '../../../base/firewall/rule-error.ts';
import { parseRules, ruleText } from '../../../base/firewall/rule-text.ts';
import { printable } from '../../../base/printable.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';
import { ruleFromWords } from '../rule-words.ts';

type FirewallRequest = RequestFor<'firewall'>;

/** What a qube has that nobody gave rules. */
const ACCEPT_ALL: RuleFields = new Map([['action', 'accept']]);

/** `firewall`: the rules of a qube. */
export async function showOrChangeFirewall(
  request: FirewallRequest,
  { client, screen, stdin }: RpcDoors,
): Promise<void> {
  const { qube, action } = request;
  const { firewall } = client.qube(qube);
  switch (request.action) {
    case 'list':
      return listRules(qube, await firewall.rules(), screen);
    case 'add': {
      const rule = ruleFields(ruleText(ruleFromWords(request.words)));
      const rules = await firewall.rules();
      const at = request.before ?? rules.length;
      if (at > rules.length) throw noRule(at, rules);
      await firewall.setRules([...rules.slice(0, at), rule, ...rules.slice(at)]);
      break;
    }
    case 'remove': {
      const rules = await firewall.rules();
      const at = findRule(rules, request.words);
      await firewall.setRules(rules.filter((_, number) => number !== at));
      break;
    }
    case 'set':
      await firewall.setRules(await newRules(request.file, stdin));
      break;
    case 'reset':
      await firewall.setRules([ACCEPT_ALL]);
      break;
    case 'reload':
      await firewall.reload();
  }
  await screen.done({ type: 'done', command: `firewall ${action}`, qube });
}

function listRules(
  qube: string,
  rules: readonly RuleFields[],
  screen: RpcDoors['screen'],
): Promise<void> {
  return screen.show(
    rules.map((rule, number) => ({
      ...{ type: 'rule', qube, number },
      rule: Object.fromEntries(rule),
    })),
    {
      head: ['NO', 'ACTION', 'HOST', 'PROTOCOL', 'PORTS', 'TARGET', 'ICMP', 'EXPIRES', 'COMMENT'],
      rows: rules.map((rule, number) => [
        number,
        rule.get('action'),
        rule.get('dst4') ?? rule.get('dst6') ?? rule.get('dsthost'),
        rule.get('proto'),
        rule.get('dstports')?.replace(/^(\d+)-\1$/, '$1'),
        rule.get('specialtarget'),
        rule.get('icmptype'),
        expiry(rule.get('expire')),
        rule.get('comment'),
      ]),
    },
  );
}

function expiry(untrusted: string | undefined): string | undefined {
  if (untrusted === undefined || !/^\d{1,11}$/.test(untrusted)) return untrusted;
  return new Date(Number(untrusted) * 1000).toISOString();
}

/** By its number, or by all that it says. */
function findRule(rules: readonly RuleFields[], words: readonly string[]): number {
  const [word = '', ...others] = words;
  if (others.length === 0 && /^\d{1,9}$/.test(word)) {
    if (Number(word) >= rules.length) throw noRule(Number(word), rules);
    return Number(word);
  }
  const wanted = ruleText(ruleFromWords(words));
  const at = rules.findIndex((rule) => sorted(rule) === sorted(ruleFields(wanted)));
  if (at < 0) throw new UsageError(`There is no rule ${printable(wanted)}`);
  return at;
}

/** The same text for the same rule, in whatever order the daemon tells of it. */
function sorted(rule: RuleFields): string {
  return ruleLine(new Map([...rule].sort(([one], [other]) => (one < other ? -1 : 1))));
}

function noRule(number: number, rules: readonly unknown[]): UsageError {
  return new UsageError(`There is no rule ${number}: there are ${rules.length}, from 0`);
}

async function newRules(file: string, stdin: NodeJS.ReadStream): Promise<readonly RuleFields[]> {
  try {
    const untrustedText = await (file === '-' ? text(stdin) : readFile(file, 'utf8'));
    return parseRules(untrustedText).map((rule) => ruleFields(ruleText(rule)));
  } catch (error) {
    if (error instanceof RuleError)
      throw new UsageError(`Cannot use these rules: ${error.message}`);
    throw diskError(error, 'read', file);
  }
}
