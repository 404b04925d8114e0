import { rm } from 'node:fs/promises';

import test from 'ava';
import fc from 'fast-check';

import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What one qube is expected to be; undefined for halted. */
interface Expected {
  state: string;
  xid: number;
  devices: string[];
}

const NAME = fc.constantFrom('a', 'b', 'c');

const STEP = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), name: NAME }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('unpause' as const), name: NAME }) },
  ...(['pause', 'suspend', 'wake', 'shutdown', 'destroy'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant(kind), name: NAME }),
  })),
  ...(['attach', 'detach'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant(kind),
      name: NAME,
      port: fc.constantFrom('sda', 'sdb'),
    }),
  })),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
);

type Step = typeof STEP extends fc.Arbitrary<infer Value> ? Value : never;

/** Does a step in the model. @returns whether the machine is expected to carry it out */
function expect(model: Map<string, Expected>, step: Step, nextXid: () => number): boolean {
  if (step.kind === 'restart') return true;
  if (step.kind === 'wait') {
    for (const [name, { state }] of [...model]) if (state === 'Halting') model.delete(name);
    return true;
  }
  const qube = model.get(step.name);
  if (step.kind === 'create') {
    if (qube !== undefined) return false;
    model.set(step.name, { state: 'Paused', xid: nextXid(), devices: [] });
    return true;
  }
  if (step.kind === 'destroy') {
    model.delete(step.name);
    return true;
  }
  if (qube === undefined) return false;
  switch (step.kind) {
    case 'unpause':
      if (qube.state === 'Paused') qube.state = 'Running';
      return true;
    case 'pause':
      if (qube.state !== 'Running' && qube.state !== 'Paused') return false;
      qube.state = 'Paused';
      return true;
    case 'suspend':
      if (qube.state !== 'Running' && qube.state !== 'Suspended') return false;
      qube.state = 'Suspended';
      return true;
    case 'wake':
      if (qube.state === 'Suspended') qube.state = 'Running';
      return true;
    case 'shutdown':
      if (qube.state === 'Running') qube.state = 'Halting';
      return true;
    case 'attach':
      qube.devices.push(step.port);
      return true;
    case 'detach':
      qube.devices = qube.devices.filter((port) => port !== step.port);
      return true;
  }
}

async function perform(hypervisor: EmbeddedHypervisor, step: Step): Promise<void> {
  if (step.kind === 'restart' || step.kind === 'wait') return;
  const { name } = step;
  if (step.kind === 'create') {
    const memory = { memoryMiB: 1, maxMemoryMiB: 1 };
    await hypervisor.create({ uuid: name, name, ...memory, vcpus: 1, disks: [], devices: [] });
  } else if (step.kind === 'attach' || step.kind === 'detach') {
    await hypervisor[step.kind](name, {
      deviceClass: 'block',
      backend: 'usb',
      port: step.port,
      device: '*',
      options: new Map(),
    });
  } else {
    await hypervisor[step.kind](name);
  }
}

test('in any order of steps and restarts the machine does what a model of it does', async (t) => {
  const root = await temporaryFolder(t);
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 60 }), async (steps) => {
        await rm(`${root}/run`, { recursive: true, force: true });
        const clock = new FakeClock();
        const model = new Map<string, Expected>();
        let xids = 0;
        let hypervisor = new EmbeddedHypervisor(root, { clock });
        for (const step of steps) {
          const before = JSON.stringify([...model]);
          const version = hypervisor.version;
          const isExpected = expect(model, step, () => ++xids);
          if (step.kind === 'restart') {
            hypervisor.close();
            hypervisor = new EmbeddedHypervisor(root, { clock });
          } else if (step.kind === 'wait') {
            await clock.pass(10);
          }
          const isDone = await perform(hypervisor, step).then(
            () => true,
            () => false,
          );
          t.is(isDone, isExpected, JSON.stringify(step));
          for (const name of ['a', 'b', 'c']) {
            const { state, xid } = hypervisor.domain(name);
            const { devices, ...expected } = model.get(name) ?? {
              state: 'Halted',
              xid: -1,
              devices: [],
            };
            t.deepEqual({ state, xid }, expected, JSON.stringify(step));
            t.deepEqual(
              hypervisor.attached(name).map(({ port }) => port),
              devices,
            );
          }
          t.is(hypervisor.use().length, model.size);
          const hasChanged = JSON.stringify([...model]) !== before;
          if (hasChanged && step.kind !== 'restart') t.true(hypervisor.version > version);
        }
        hypervisor.close();
      }),
      { numRuns: 60 },
    ),
  );
});
