import test from 'ava';

import { startWithMachine } from '../../../lib/model/power/autostart.ts';
import { powerState } from '../../../lib/model/power-state.ts';
import { SampleSystem } from '../../support/sample-system.ts';

test('those that are to start with the machine do, also when one of them cannot', async (t) => {
  const system = await SampleSystem.open(t);
  for (const name of ['vault', 'untrusted', 'work']) system.set(name, 'autostart', 'True');
  system.setFeature('vault', 'prohibit-start', 'broken');
  await startWithMachine(system.app);
  const states = ['vault', 'untrusted', 'work', 'sys-net', 'personal'].map((name) =>
    powerState(system.qube(name)),
  );
  t.deepEqual(states, ['Halted', 'Running', 'Running', 'Running', 'Halted']);
});
