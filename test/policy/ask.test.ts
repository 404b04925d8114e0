import test from 'ava';

import { targetKey } from '../../lib/policy/resolve-target.ts';
import { judge, policyOf, shortly, UUID } from '../support/policy.ts';

const ALL = '@dispvm:dvm|@dispvm:other-dvm|distant|dvm|fedora|other-dvm|personal|vault';

/** Rules, a call, and what the person can choose from. */
const CASES: readonly (readonly [rules: string, call: string, verdict: string])[] = [
  // Neither what is hidden, nor the caller itself, nor what cannot be reached.
  ['a * work @anyvm ask', 'a work vault', `ask ${ALL}`],
  ['a * work @anyvm ask', 'a work @default', `ask ${ALL}`],
  ['a * work * ask', 'a work vault', `ask ${ALL.replace('|dvm', '|dom0|dvm')}`],
  // All that the rules would let through, those behind the one that asks as well.
  ['a * work vault ask', 'a work vault', 'ask vault'],
  ['a * work @default ask\na * work vault allow', 'a work @default', 'ask vault'],
  ['a * work @default ask\na * work vault ask', 'a work @default', 'ask vault'],
  ['a * work @default ask\na * work vault allow target=dvm', 'a work @default', 'ask dvm'],
  ['a * work @default ask\nb * work vault allow', 'a work @default', 'deny'],
  ['a * work @default ask\na * vault dvm allow', 'a work @default', 'deny'],
  ['a * work @default ask\na +x work vault allow', 'a work @default', 'deny'],
  ['a * work @default ask\n* * work vault allow', 'a work @default', 'ask vault'],
  // An earlier rule counts more.
  ['a * work vault deny\na * work @anyvm ask', 'a work dvm', `ask ${ALL.replace('|vault', '')}`],
  ['a * work @tag:safe ask\na * work vault deny', 'a work vault', 'ask dvm|vault'],
  ['a * work @dispvm deny\na * work @dispvm:dvm ask', 'a work @dispvm:dvm', 'ask @dispvm:dvm'],
  [
    'a * work dom0 deny\na * work @default ask\na * work @adminvm allow',
    'a work @default',
    'ask dom0',
  ],
  ['a * work @anyvm deny\na * work @adminvm ask', 'a work @adminvm', 'ask dom0'],
  // By kind.
  ['a * work @tag:safe ask', 'a work vault', 'ask dvm|vault'],
  ['a * work @type:TemplateVM ask', 'a work fedora', 'ask fedora'],
  ['a * work @dispvm ask', 'a work @dispvm', 'ask @dispvm:dvm'],
  ['a * personal @dispvm ask', 'a personal @dispvm', 'deny'],
  ['a * work @dispvm:@tag:safe ask', 'a work @dispvm', 'ask @dispvm:dvm'],
  ['a * work @dispvm:dvm ask', 'a work @dispvm', 'ask @dispvm:dvm'],
  ['a * work @default ask\na * work @dispvm:fedora allow', 'a work @default', 'deny'],
  [`a * work uuid:${UUID.vault} ask`, 'a work vault', 'ask vault'],
  ['a * work @default ask\na * work nosuch allow', 'a work @default', 'deny'],
  // As in the reference: a rule about disposables of what does not exist ends the search.
  ['a * work vault ask\na * work @dispvm:nosuch allow', 'a work vault', 'deny'],
  // One target only.
  ['a * work @anyvm ask target=vault', 'a work personal', 'ask vault'],
  ['a * work @anyvm ask target=@adminvm', 'a work personal', 'ask dom0'],
  ['a * work @anyvm ask target=@dispvm', 'a work personal', 'ask @dispvm:dvm'],
  [`a * work @anyvm ask target=uuid:${UUID.vault}`, 'a work personal', 'ask vault'],
  ['a * work @anyvm ask target=work', 'a work personal', 'deny'],
  ['a * work @anyvm ask target=nosuch', 'a work personal', 'deny'],
  ['a * work @anyvm ask target=lost', 'a work personal', 'deny'],
  // Without starting anything.
  ['a * work * ask autostart=no', 'a work vault', 'ask dom0|vault'],
  ['a * work personal ask autostart=no', 'a work personal', 'deny'],
  // Nothing is known of the caller.
  ['a * @anyvm @anyvm ask', 'a gone vault', 'deny'],
];

for (const [index, [rules, call, verdict]] of CASES.entries()) {
  test(`${index}: ${call}: ${verdict}, by ${rules.replaceAll('\n', ', then ')}`, async (t) => {
    t.is(shortly(judge(await policyOf(t, rules), call)), verdict);
  });
}

/** `default_target=`, and what it comes to with `ask` about all. */
const DEFAULTS = [
  ['vault', 'vault'],
  [`uuid:${UUID.vault}`, 'vault'],
  ['@dispvm', '@dispvm:dvm'],
  ['@dispvm:other-dvm', '@dispvm:other-dvm'],
  ['dom0', 'dom0'],
  ['@adminvm', 'dom0'],
  ['hidden', undefined],
  ['nosuch', undefined],
  ['@dispvm:fedora', undefined],
  ['work', undefined],
] as const;

for (const [written, meant] of DEFAULTS) {
  test(`default_target=${written} is ${meant ?? 'none'}`, async (t) => {
    const policy = await policyOf(t, `a * work * ask default_target=${written} user=root`);
    const verdict = judge(policy, 'a work personal');
    if (verdict.kind !== 'ask') return t.fail(verdict.kind);
    t.is(verdict.defaultTarget && targetKey(verdict.defaultTarget), meant);
    t.is(verdict.user, 'root');
    t.true(verdict.autostart);
    t.false(verdict.notify);
  });
}
