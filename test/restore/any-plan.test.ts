// What holds for the plan of any backup, host and options.
import test from 'ava';
import fc from 'fast-check';

import { QubesRpcError } from '../../lib/base/errors.ts';
import { restorePlan } from '../../lib/base/restore-plan.ts';
import { checkPlan, requireRunnable } from '../../lib/restore/check-plan.ts';
import { planRestore } from '../../lib/restore/make-plan.ts';
import { parsePlan, planText } from '../../lib/restore/plan-file.ts';
import { backupOf, hostOf, type QubeSketch, STRICT } from '../support/plan-facts.ts';

/** Few names, so that they meet. */
const name = fc.constantFrom('a', 'b', 'c', 'a-1', 'n'.repeat(31), `${'n'.repeat(29)}-1`, 'none');
const truth = fc.constantFrom('True', 'False');
const qubeClass = fc.constantFrom('TemplateVM', 'AppVM', 'StandaloneVM', 'DispVM', 'NewVM');
const maybe = fc.option(name, { nil: undefined });

const sketch = fc
  .record({
    name,
    class: qubeClass,
    template: fc.option(name),
    network: truth,
    disposables: truth,
    netvm: fc.option(maybe),
    dispvm: maybe,
    kernel: fc.constantFrom(undefined, '6.1', '5.0'),
    bytes: fc.nat(900),
    tags: fc.subarray(['x', 'created-by-a', 'guivm-b']),
  })
  .map(({ network, disposables, netvm, dispvm, kernel, bytes, ...facts }): QubeSketch => {
    const properties = {
      provides_network: network,
      template_for_dispvms: disposables,
      ...(netvm !== undefined && { netvm }),
      ...(dispvm !== undefined && { default_dispvm: dispvm }),
      ...(kernel !== undefined && { kernel }),
    };
    return { ...facts, properties, volumes: { private: bytes } };
  });

const host = fc
  .uniqueArray(
    fc.record({ name, class: qubeClass, roles: fc.subarray(['network', 'disposables']) }),
    { selector: (qube) => qube.name, maxLength: 5 },
  )
  .map((qubes) => hostOf(qubes.map((qube) => [qube.name, qube.class, ...qube.roles].join(':'))));

const options = fc.record({
  conflicting: fc.constantFrom('stop' as const, 'skip' as const, 'rename' as const),
  useDefaultNetvm: fc.boolean(),
  useNoneNetvm: fc.boolean(),
  useDefaultTemplate: fc.boolean(),
  useDefaultKernel: fc.boolean(),
  skipBroken: fc.boolean(),
});

const sketches = fc.uniqueArray(sketch, { selector: (qube) => qube.name, maxLength: 6 });

test('a plan that nothing stops has free names, all it refers to, and survives its file', (t) => {
  fc.assert(
    fc.property(sketches, host, options, (qubes, facts, chosen) => {
      const backup = backupOf(...qubes);
      const plan = planRestore(backup, 'archive', facts, { ...STRICT, ...chosen });
      t.deepEqual(parsePlan(planText(plan)), restorePlan.parse(plan));
      const restored = plan.qubes.filter(({ action }) => action === 'restore');
      const stopped = restored.some(({ problems }) => problems.some(({ blocks }) => blocks));
      t.is(plan.qubes.length, qubes.length);
      t.false(
        plan.qubes.some(({ action, problems }) => action === 'skip' && problems.length === 0),
      );
      if (stopped || restored.length === 0) {
        t.throws(() => requireRunnable(plan), { instanceOf: QubesRpcError });
        return;
      }
      const names = restored.map(({ newName }) => newName);
      t.is(new Set(names).size, names.length);
      t.false(names.some((one) => facts.qubes.has(one) || one.length > 31));
      const there = new Set([...names, ...facts.qubes.keys()]);
      for (const { template, references } of restored) {
        for (const named of [template, ...Object.values(references)]) {
          t.true(named === null || there.has(named), `${named}`);
        }
      }
      // Whatever else must hold for it to be carried out, the judge of saved plans knows.
      const check = (): void => checkPlan(plan, backup, facts);
      const needed = plan.pools.reduce((sum, pool) => sum + pool.needed, 0);
      if (needed > 1000) t.throws(check, { instanceOf: QubesRpcError });
      else t.notThrows(check);
    }),
    { numRuns: 500 },
  );
});
