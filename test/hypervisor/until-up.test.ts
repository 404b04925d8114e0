import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { untilUp } from '../../lib/hypervisor/until-up.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { setMachine } from '../support/machine.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WORK = {
  uuid: '11111111-2222-3333-4444-555555555555',
  name: 'work',
  memoryMiB: 400,
  maxMemoryMiB: 400,
  vcpus: 1,
  kernelOptions: '',
  disks: [],
  devices: [],
};

/** A machine on which qubes take ten seconds to come up. */
async function machine(t: ExecutionContext) {
  const root = await temporaryFolder(t);
  await setMachine({ root }, { startSeconds: 10 });
  const clock = new FakeClock();
  const hypervisor = new EmbeddedHypervisor(root, { clock });
  t.teardown(() => hypervisor.close());
  await hypervisor.create(WORK);
  return { root, clock, hypervisor, runtime: join(root, 'run', 'work') };
}

test('a service waits until its qube is up', async (t) => {
  const { clock, hypervisor, runtime } = await machine(t);
  let isUp = false;
  const waits = untilUp(runtime).then(() => (isUp = true));
  const starts = hypervisor.unpause(WORK.uuid);
  await clock.pass(9000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.false(isUp);
  await clock.pass(1000);
  await starts;
  t.true(await waits);
  await untilUp(runtime);
});

test('a qube that ends before it is up never is', async (t) => {
  const { hypervisor, runtime } = await machine(t);
  const waits = untilUp(runtime);
  await hypervisor.destroy(WORK.uuid);
  const message = 'work does not run';
  await t.throwsAsync(waits, { instanceOf: QubesException, message });
  await t.throwsAsync(untilUp(runtime), { instanceOf: QubesException, message });
});

test('in a folder with nothing but homes all qubes are up', async (t) => {
  const root = await temporaryFolder(t);
  await t.notThrowsAsync(untilUp(join(root, 'work')));
});
