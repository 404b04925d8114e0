import { UsageError } from '../../base/errors.ts';
import { parseRule } from '../../base/firewall/parse-rule.ts';
import type { FirewallRule } from '../../base/firewall/rule.ts';
import { RuleError } from '../../base/firewall/rule-error.ts';
import { printable } from '../../base/printable.ts';

/**
 * A firewall rule as people type it: `accept example.com tcp 443`, `action=drop proto=icmp`, or both
 * mixed. A word without a key is the next of action, dsthost, proto, and dstports or icmptype.
 * @param now milliseconds since 1970, for `expire=+SECONDS`
 * @throws UsageError
 */
export function ruleFromWords(words: readonly string[], now = Date.now()): FirewallRule {
  const fields = new Map<string, string>();
  for (const word of words) {
    const sign = word.indexOf('=');
    const key = sign < 0 ? nextKey(fields, word) : word.slice(0, sign);
    const value = word.slice(sign + 1);
    if (fields.has(key)) throw new UsageError(`${printable(key)} is given twice`);
    fields.set(key, key === 'expire' ? moment(value, now) : value);
  }
  try {
    return parseRule(fields);
  } catch (error) {
    if (error instanceof RuleError) throw new UsageError(`Cannot use that rule: ${error.message}`);
    throw error;
  }
}

function nextKey(fields: ReadonlyMap<string, string>, word: string): string {
  const last = fields.get('proto') === 'icmp' ? 'icmptype' : 'dstports';
  const key = ['action', 'dsthost', 'proto', last].find((one) => !isGiven(fields, one));
  if (key === undefined) throw new UsageError(`Cannot use "${printable(word)}" in the rule`);
  return key;
}

function isGiven(fields: ReadonlyMap<string, string>, key: string): boolean {
  if (key !== 'dsthost') return fields.has(key);
  return ['dsthost', 'dst4', 'dst6', 'dstname'].some((one) => fields.has(one));
}

/** Seconds since 1970, or from now on. */
function moment(value: string, now: number): string {
  const [, seconds] = /^\+(\d{1,10})$/.exec(value) ?? [];
  return seconds === undefined ? value : String(Math.floor(now / 1000) + Number(seconds));
}
