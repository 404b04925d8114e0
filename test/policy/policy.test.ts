import test from 'ava';

import { parseSystemFacts } from '../../lib/policy/system-facts.ts';
import { FACTS, judge, policyOf, shortly, UUID } from '../support/policy.ts';

/** Rules, a call, and what becomes of it. */
const CASES: readonly (readonly [rules: string, call: string, verdict: string])[] = [
  // Nothing is allowed that no rule allows.
  ['', 'a work vault', 'deny'],
  ['b * work vault allow', 'a work vault', 'deny'],
  // The first that matches decides.
  ['a * work vault deny\na * work vault allow', 'a work vault', 'deny'],
  ['a * work vault allow\na * work vault deny', 'a work vault', 'allow vault'],
  ['* * work vault deny\na * work vault allow', 'a work vault', 'deny'],
  // Arguments.
  ['a +x work vault allow', 'a+x work vault', 'allow vault'],
  ['a +x work vault allow', 'a work vault', 'deny'],
  ['a + work vault allow', 'a work vault', 'allow vault'],
  ['a + work vault allow', 'a+x work vault', 'deny'],
  ['a +x work vault deny\na * work vault allow', 'a+y work vault', 'allow vault'],
  ['* * work vault allow', 'a+x work vault', 'allow vault'],
  // Sources.
  ['a * * vault allow', 'a work vault', 'allow vault'],
  ['a * @anyvm vault allow', 'a work vault', 'allow vault'],
  ['a * @tag:office vault allow', 'a work vault', 'allow vault'],
  ['a * @tag:safe vault allow', 'a work vault', 'deny'],
  ['a * @type:AppVM vault allow', 'a work vault', 'allow vault'],
  ['a * @type:TemplateVM vault allow', 'a work vault', 'deny'],
  [`a * uuid:${UUID.work} vault allow`, 'a work vault', 'allow vault'],
  [`a * uuid:${UUID.vault} vault allow`, 'a work vault', 'deny'],
  ['a * @adminvm vault allow', 'a work vault', 'deny'],
  ['a * @dispvm:dvm vault allow', 'a work vault', 'deny'],
  ['a * @dispvm:@tag:safe vault allow', 'a work vault', 'deny'],
  ['a * gone vault allow', 'a gone vault', 'allow vault'],
  ['a * @anyvm vault allow', 'a gone vault', 'allow vault'],
  ['a * @tag:office vault allow', 'a gone vault', 'deny'],
  // Targets.
  ['a * work * allow', 'a work @adminvm', 'allow dom0'],
  ['a * work @anyvm allow', 'a work vault', 'allow vault'],
  ['a * work @anyvm allow', 'a work @adminvm', 'deny'],
  ['a * work @anyvm allow', 'a work dom0', 'deny'],
  ['a * work @adminvm allow', 'a work dom0', 'allow dom0'],
  ['a * work dom0 allow', 'a work @adminvm', 'allow dom0'],
  [`a * work uuid:${UUID.dom0} allow`, 'a work @adminvm', 'allow dom0'],
  ['a * work @adminvm allow', `a work uuid:${UUID.dom0}`, 'allow dom0'],
  ['a * work vault allow', `a work uuid:${UUID.vault}`, 'allow vault'],
  [`a * work uuid:${UUID.vault} allow`, 'a work vault', 'allow vault'],
  [`a * work uuid:${UUID.vault} allow`, 'a work personal', 'deny'],
  ['a * work @tag:safe allow', 'a work vault', 'allow vault'],
  ['a * work @tag:safe allow', 'a work personal', 'deny'],
  ['a * work @type:TemplateVM allow', 'a work fedora', 'allow fedora'],
  // dom0 has a class and tags by its name only.
  ['a * work @type:AdminVM allow', 'a work dom0', 'allow dom0'],
  ['a * work @type:AdminVM allow', 'a work @adminvm', 'deny'],
  ['a * work @tag:of-dom0 allow', 'a work @adminvm', 'deny'],
  // No target, or none that exists.
  ['a * work @default allow target=vault', 'a work @default', 'allow vault'],
  ['a * work @default allow target=vault', 'a work nosuch', 'allow vault'],
  ['a * work @default allow target=vault', 'a work vault', 'deny'],
  ['a * work nosuch allow', 'a work nosuch', 'deny'],
  ['a * work @anyvm allow', 'a work nosuch', 'deny'],
  ['a * work @anyvm allow target=vault', 'a work @default', 'allow vault'],
  ['a * work * allow target=nosuch', 'a work vault', 'deny'],
  // Sent elsewhere.
  ['a * work @anyvm allow target=@adminvm', 'a work vault', 'allow dom0'],
  ['a * work vault allow target=personal', 'a work vault', 'allow personal'],
  [`a * work vault allow target=uuid:${UUID.dvm}`, 'a work vault', 'allow dvm'],
  ['a * work vault allow target=@dispvm', 'a work vault', 'allow @dispvm:dvm'],
  ['a * work vault allow target=@dispvm:other-dvm', 'a work vault', 'allow @dispvm:other-dvm'],
  ['a * work vault allow target=@dispvm:fedora', 'a work vault', 'deny'],
  ['a * work vault allow target=@dispvm:nosuch', 'a work vault', 'deny'],
  ['a * personal vault allow target=@dispvm', 'a personal vault', 'deny'],
  // The rule that sends a call elsewhere is asked about what was asked for, and only once.
  [
    'a * work personal deny\na * work vault allow target=personal',
    'a work vault',
    'allow personal',
  ],
  // Disposables.
  ['a * work @dispvm allow', 'a work @dispvm', 'allow @dispvm:dvm'],
  ['a * work @dispvm allow', 'a work @dispvm:dvm', 'deny'],
  ['a * work @dispvm:dvm allow', 'a work @dispvm', 'allow @dispvm:dvm'],
  ['a * work @dispvm:other-dvm allow', 'a work @dispvm', 'deny'],
  ['a * work @dispvm:dvm allow', 'a work @dispvm:dvm', 'allow @dispvm:dvm'],
  ['a * work @dispvm:dvm allow', `a work @dispvm:uuid:${UUID.dvm}`, 'allow @dispvm:dvm'],
  [`a * work @dispvm:uuid:${UUID.dvm} allow`, 'a work @dispvm:dvm', 'allow @dispvm:dvm'],
  ['a * work @dispvm:dvm allow', 'a work dvm', 'deny'],
  ['a * work dvm allow', 'a work @dispvm:dvm', 'deny'],
  ['a * work @dispvm:@tag:safe allow', 'a work @dispvm', 'allow @dispvm:dvm'],
  ['a * work @dispvm:@tag:safe allow', 'a work @dispvm:other-dvm', 'deny'],
  ['a * work @dispvm:@tag:safe allow', 'a work vault', 'deny'],
  ['a * work @tag:safe allow', 'a work @dispvm:dvm', 'deny'],
  ['a * work @anyvm allow', 'a work @dispvm', 'allow @dispvm:dvm'],
  ['a * work @anyvm allow', 'a work @dispvm:fedora', 'deny'],
  ['a * personal @anyvm allow', 'a personal @dispvm', 'deny'],
  // As in the reference: a template by its uuid is not recognised behind @dispvm…
  [`a * work @dispvm:uuid:${UUID.dvm} allow`, 'a work @dispvm', 'deny'],
  // …and where the caller has no template, a rule about one ends the search.
  [
    'a * personal @dispvm:dvm deny\na * personal * allow target=vault',
    'a personal @dispvm',
    'deny',
  ],
  // What no call can ask for.
  ['* * * * allow target=vault', 'a work @anyvm', 'deny'],
  ['* * * * allow target=vault', 'a work @tag:safe', 'deny'],
  ['* * * * allow target=vault', 'a work *', 'deny'],
  ['* * * * allow target=vault', 'a work ', 'deny'],
  // A qube cannot call itself.
  ['a * * * allow', 'a work work', 'deny'],
  ['a * * * allow', `a work uuid:${UUID.work}`, 'deny'],
  ['a * * * allow target=work', 'a work vault', 'deny'],
  ['a * * * allow target=@dispvm', 'a dvm @default', 'deny'],
  ['a * * * allow', 'a other-dvm @dispvm', 'allow @dispvm:other-dvm'],
  // Without starting anything.
  ['a * work @anyvm allow autostart=no', 'a work vault', 'allow vault'],
  ['a * work @anyvm allow autostart=no', 'a work dvm', 'deny'],
  ['a * work @anyvm allow autostart=no', 'a work personal', 'deny'],
  ['a * work @anyvm allow autostart=no', 'a work @dispvm', 'deny'],
  ['a * work @adminvm allow autostart=no', 'a work @adminvm', 'allow dom0'],
  ['a * work @anyvm allow autostart=yes', 'a work dvm', 'allow dvm'],
  // Qubes elsewhere.
  ['a * work @anyvm allow', 'a work distant', 'allow distant'],
  ['a * work @anyvm allow', 'a work lost', 'deny'],
];

for (const [index, [rules, call, verdict]] of CASES.entries()) {
  test(`${index}: ${call}: ${verdict}, by ${rules.replaceAll('\n', ', then ') || 'no rule'}`, async (t) => {
    t.is(shortly(judge(await policyOf(t, rules), call)), verdict);
  });
}

test('a verdict says by which line, on what terms and why', async (t) => {
  const policy = await policyOf(
    t,
    '# who may what',
    '',
    '  a\t*  work vault  allow user=root notify=yes autostart=no  ',
    'b * work vault deny notify=no',
    'c * work @anyvm allow',
    'd * work @anyvm allow autostart=no',
  );
  const { rules } = policy;
  const allowed = judge(policy, 'a work vault');
  t.like(allowed, { kind: 'allow', user: 'root', notify: true, autostart: false });
  t.like(allowed.rule, {
    line: 3,
    text: 'a\t*  work vault  allow user=root notify=yes autostart=no',
  });
  t.regex(allowed.rule?.file ?? '', /\/etc\/50-test\.policy$/);
  t.is(rules.length, 4);
  t.like(judge(policy, 'b work vault'), { kind: 'deny', notify: false, rule: { line: 4 } });
  t.like(judge(policy, 'z work vault'), { kind: 'deny', notify: true, rule: undefined });
  t.like(judge(policy, 'c work nosuch'), {
    kind: 'deny',
    notify: true,
    reason: 'neither the caller nor the rule names a target that exists',
    rule: { line: 5 },
  });
  t.like(judge(policy, 'd work dvm'), { notify: false, reason: 'dvm would have to be started' });
});

test('a call to a qube elsewhere goes through its relay', async (t) => {
  const policy = await policyOf(t, 'a * work @anyvm allow');
  const verdict = judge(policy, 'a+x work distant');
  t.deepEqual(verdict.kind === 'allow' ? verdict.target : undefined, {
    kind: 'remote',
    name: 'distant',
    relay: 'vault',
    service: 'test.Relay+distant+a+x',
  });
});

test('an explanation has the rules of the service up to the one that decides', async (t) => {
  const policy = await policyOf(
    t,
    'b * * * allow',
    'a +x work vault deny',
    'a * vault vault deny',
    '* * @anyvm personal deny',
    'a * work vault allow',
    'a * work vault deny',
  );
  const call = { service: 'a', argument: '', source: 'work', target: 'vault' };
  const { verdict, compared } = policy.explain(call, FACTS);
  t.is(shortly(verdict), 'allow vault');
  t.deepEqual(
    compared.map(({ place, difference }) => [place.line, difference]),
    [
      [2, 'argument'],
      [3, 'source'],
      [4, 'target'],
      [5, undefined],
    ],
  );
});

test('facts that are none are refused, and what is not known of a qube is nothing', (t) => {
  for (const wrong of ['', '[]', '{}', '{"domains":{"a b":{}}}', '{"domains":{"a":{"type":1}}}']) {
    t.throws(() => parseSystemFacts(wrong), { message: /facts about the system/ });
  }
  const small = { type: 'AppVM', tags: [], template_for_dispvms: false, unknown: 1 };
  const facts = parseSystemFacts(JSON.stringify({ domains: { a: small } }));
  t.like(facts.find('a'), { uuid: undefined, isInternal: false, isRunning: false });
  t.is(facts.find('uuid:null'), undefined);
});
