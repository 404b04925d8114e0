import test from 'ava';

import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';

test('qubes of Xen do not run here, and are not made to look as if they did', async (t) => {
  const { hypervisor } = embeddedDoors('/var/lib/qubes');
  const uuid = '5b2b6d3c-1c1e-4b8e-9a57-2f4f5f6f7f8f';
  await t.throwsAsync(hypervisor.reserveMemory(uuid, 400), {
    message: /^Cannot start qubes of Xen: /,
  });
  t.is(hypervisor.domain(uuid).state, 'Halted');
});
