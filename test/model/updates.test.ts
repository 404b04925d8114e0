import test from 'ava';

import { noteUpdates } from '../../lib/model/updates.ts';
import { SampleSystem } from '../support/sample-system.ts';

const NOW = new Date(2026, 4, 1, 9, 30, 5);
const TIME = '2026-05-01 09:30:05';

function note(system: SampleSystem, name: string, available: boolean) {
  system.app.apply(() => noteUpdates(system.qube(name), { available, isOutdated: false }, NOW));
}

function noted(system: SampleSystem, name: string): unknown {
  const { features } = system.qube(name);
  return ['updates-available', 'last-updates-check', 'last-update'].map((one) => features.get(one));
}

test('a qube without template tells for itself', async (t) => {
  const system = await SampleSystem.open(t);
  note(system, 'standalone1', true);
  t.deepEqual(noted(system, 'standalone1'), ['1', TIME, undefined]);
  note(system, 'standalone1', false);
  t.deepEqual(noted(system, 'standalone1'), ['', TIME, TIME]);
});

test('a qube with a template gives it a hint', async (t) => {
  const system = await SampleSystem.open(t);
  note(system, 'work', false);
  t.deepEqual(noted(system, 'fedora-41'), [undefined, undefined, undefined]);
  note(system, 'work', true);
  t.deepEqual(noted(system, 'fedora-41'), ['1', TIME, undefined]);
  t.deepEqual(noted(system, 'work'), [undefined, undefined, undefined]);
});

test('so does a disposable, by way of its own template', async (t) => {
  const system = await SampleSystem.open(t);
  note(system, 'disp1234', true);
  t.deepEqual(noted(system, 'fedora-41'), ['1', TIME, undefined]);
});

test('a template that runs needs no hint', async (t) => {
  const system = await SampleSystem.open(t);
  system.run('fedora-41');
  note(system, 'work', true);
  t.deepEqual(noted(system, 'fedora-41'), [undefined, undefined, undefined]);
});
