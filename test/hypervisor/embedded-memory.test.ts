import test from 'ava';
import fc from 'fast-check';

import { QubesException } from '../../lib/base/admin-error.ts';
import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { MemoryMachine } from '../support/memory-machine.ts';

const NEVER = new AbortController().signal;

test('a qube keeps what it needs, and has its own amount when it goes on', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 150 });
  const { hypervisor, client } = machine;
  await machine.run('work');
  t.is(await machine.availableMiB(), 600);
  await client.shrink(machine.xid('work'), NEVER);
  await hypervisor.pause('work');
  t.is(machine.memoryMiB('work'), 150);
  t.deepEqual(hypervisor.use()[0]?.memoryKiB, 150 * 1024);
  t.is(await machine.availableMiB(), 850);
  await hypervisor.unpause('work');
  t.is(machine.memoryMiB('work'), 400);
  t.is(await machine.availableMiB(), 600);
  await client.shrink(machine.xid('work'), NEVER);
  t.true(await hypervisor.suspend('work'));
  await hypervisor.wake('work');
  t.is(machine.memoryMiB('work'), 400);
});

test('what was given to others stays theirs', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 150 });
  const { hypervisor, client } = machine;
  await machine.run('work');
  await client.shrink(machine.xid('work'), NEVER);
  await hypervisor.pause('work');
  await machine.run('large', 700);
  const promised = await hypervisor.reserveMemory('next', 100);
  t.is(await machine.availableMiB(), 50);
  await hypervisor.unpause('work');
  t.is(machine.memoryMiB('work'), 200);
  t.is(await machine.availableMiB(), 0);
  promised?.release();
  t.is(await machine.availableMiB(), 100);
  await hypervisor.pause('work');
  await hypervisor.unpause('work');
  t.is(machine.memoryMiB('work'), 300);
});

test('a qube never gets more by being asked, and none that has not run says what it needs', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 500 });
  await machine.run('work');
  await machine.client.shrink(machine.xid('work'), NEVER);
  t.is(machine.memoryMiB('work'), 400);
  await machine.set({});
  await machine.client.shrink(machine.xid('work'), NEVER);
  t.is(machine.memoryMiB('work'), 400);
  await machine.set({ preferredMiB: 100 });
  const amounts = { memoryMiB: 400, maxMemoryMiB: 400 };
  const { hypervisor } = machine;
  await hypervisor.create({
    uuid: 'new',
    name: 'new',
    ...amounts,
    vcpus: 1,
    disks: [],
    devices: [],
  });
  await machine.client.shrink(machine.xid('new'), NEVER);
  t.is(machine.memoryMiB('new'), 400);
});

test('it takes as long as the machine says, and who gives up before has asked for nothing', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 100, shrinkSeconds: 2 });
  const { clock, hypervisor } = machine;
  const { memory } = hypervisor;
  await machine.run('work');
  const stop = new AbortController();
  const first = memory.shrink(machine.xid('work'), stop.signal);
  const second = memory.shrink(machine.xid('work'), NEVER);
  await clock.pass(1999);
  stop.abort(new Error('it was requested'));
  await t.throwsAsync(first, { message: 'it was requested' });
  t.is(machine.memoryMiB('work'), 400);
  await clock.pass(1);
  await second;
  t.is(machine.memoryMiB('work'), 100);
  await t.throwsAsync(memory.shrink(machine.xid('work'), stop.signal), {
    message: 'it was requested',
  });
});

test('a qube that ends is not shrunk, and a host that ends keeps nobody waiting', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 100, shrinkSeconds: 2 });
  const { clock, hypervisor } = machine;
  for (const name of ['one', 'two']) await machine.run(name);
  const ofOne = hypervisor.memory.shrink(machine.xid('one'), NEVER);
  ofOne.catch(() => undefined);
  await hypervisor.destroy('one');
  await clock.pass(2000);
  await t.throwsAsync(ofOne, { instanceOf: QubesException, message: 'There is no domain 1' });
  const ofTwo = hypervisor.memory.shrink(machine.xid('two'), NEVER);
  hypervisor.close();
  await t.throwsAsync(ofTwo, { instanceOf: QubesException, message: /the host ends/ });
});

test('what machine.json says fails', async (t) => {
  const failures = { work: { shrink: 'the balloon has burst' } };
  const machine = await MemoryMachine.make(t, { preferredMiB: 100, failures });
  await machine.run('work');
  const { memory } = machine.hypervisor;
  const failure = { instanceOf: QubesException, message: 'the balloon has burst' };
  await t.throwsAsync(memory.shrink(machine.xid('work'), NEVER), failure);
  await t.throwsAsync(machine.client.shrink(machine.xid('work'), NEVER), { message: /FAIL/ });
  t.is(machine.memoryMiB('work'), 400);
  await machine.set({ balancesMemory: false });
  await t.throwsAsync(memory.shrink(machine.xid('work'), NEVER), { message: /does not move/ });
});

test('what a qube has kept is known to the next host', async (t) => {
  const first = await MemoryMachine.make(t, { preferredMiB: 150 });
  await first.run('work');
  await first.client.shrink(first.xid('work'), NEVER);
  first.hypervisor.close();
  const next = new EmbeddedHypervisor(first.root);
  t.deepEqual(next.resume(), ['work']);
  t.is(next.domain('work').memoryKiB, 150 * 1024);
  await next.pause('work');
  await next.unpause('work');
  t.is(next.domain('work').memoryKiB, 400 * 1024);
});

const NAMES = ['a', 'b', 'c', 'd'] as const;

type Step =
  | { readonly kind: 'start' | 'shrink' | 'pause' | 'unpause' | 'kill'; readonly name: string }
  | { readonly kind: 'need'; readonly mib: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('start', 'shrink', 'pause', 'unpause', 'kill'),
    name: fc.constantFrom(...NAMES),
  }),
  fc.record({ kind: fc.constant('need'), mib: fc.integer({ min: 1, max: 500 }) }),
);

async function perform(machine: MemoryMachine, step: Step): Promise<void> {
  const { hypervisor } = machine;
  if (step.kind === 'need') {
    await machine.set({ preferredMiB: step.mib });
  } else if (step.kind === 'start') {
    const reserved = await hypervisor.reserveMemory(step.name, 400);
    if (reserved !== undefined) await machine.run(step.name).finally(() => reserved.release());
  } else if (step.kind === 'shrink') {
    await hypervisor.memory.shrink(machine.xid(step.name), NEVER);
  } else if (step.kind === 'kill') {
    await hypervisor.destroy(step.name);
  } else {
    await hypervisor[step.kind](step.name);
  }
}

test('in any order of steps no memory is given twice, and the file says what is left', async (t) => {
  const machine = await MemoryMachine.make(t);
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), async (steps) => {
      for (const name of NAMES) await machine.hypervisor.destroy(name);
      await machine.set({});
      for (const step of steps) {
        await perform(machine, step).catch((error: unknown) => {
          if (!(error instanceof QubesException)) throw error;
        });
        let used = 0;
        for (const { memoryKiB } of machine.hypervisor.use()) used += memoryKiB / 1024;
        t.true(used <= 1000);
        // The file is written with each change of a qube; the settings are none.
        t.is(await machine.availableMiB(), 1000 - used, JSON.stringify(step));
      }
    }),
    { numRuns: 60 },
  );
});
