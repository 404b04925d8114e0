import { printable } from '../printable.ts';
import { destination, withPrefix } from './destination.ts';
import { acceptRule } from './rule.ts';
import type { FirewallRule } from './rule.ts';
import { RuleError } from './rule-error.ts';

type ReadOption = (untrusted: string) => object;

/** What each option says, by its name. */
const OPTIONS: ReadonlyMap<string, ReadOption> = new Map<string, ReadOption>([
  ['action', (untrusted) => ({ action: untrusted })],
  ['proto', (untrusted) => ({ proto: untrusted })],
  // People may leave it to us what their destination is.
  ['dsthost', (untrusted) => destination(untrusted)],
  ['dst4', (untrusted) => ({ dst4: withPrefix(untrusted, '32') })],
  ['dst6', (untrusted) => ({ dst6: withPrefix(untrusted, '128') })],
  ['dstname', (untrusted) => ({ dsthost: untrusted })],
  ['dstports', (untrusted) => ({ dstports: parsePorts(untrusted) })],
  ['icmptype', (untrusted) => ({ icmptype: parseNumber(untrusted) })],
  ['specialtarget', (untrusted) => ({ specialtarget: untrusted })],
  ['expire', (untrusted) => ({ expire: parseNumber(untrusted) })],
  ['comment', (untrusted) => ({ comment: untrusted })],
]);
const DESTINATIONS = ['dsthost', 'dst4', 'dst6', 'dstname'];

/**
 * A rule from its options by name, as the Admin API and `firewall.xml` spell them.
 * @throws RuleError
 */
export function parseRule(options: ReadonlyMap<string, string>): FirewallRule {
  if (DESTINATIONS.filter((name) => options.has(name)).length > 1) {
    throw new RuleError('more than one destination');
  }
  const candidate = {};
  for (const [name, untrusted] of options) {
    const read = OPTIONS.get(name);
    if (read === undefined) throw new RuleError(`unknown option '${printable(name, 60)}'`);
    Object.assign(candidate, read(untrusted));
  }
  return acceptRule(candidate);
}

/** `22` or `1024-2048`; no ports for any other text. */
export function parsePorts(untrusted: string): readonly number[] {
  const [first = '', last = first, ...rest] = untrusted.split('-');
  return rest.length > 0 ? [] : [parseNumber(first), parseNumber(last)];
}

/** NaN, which no schema accepts, for other text. */
export function parseNumber(untrusted: string): number {
  return /^\d{1,15}$/.test(untrusted) ? Number(untrusted) : NaN;
}
