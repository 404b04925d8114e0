import { cpus, totalmem } from 'node:os';

import test from 'ava';

import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';

test('only dom0 runs, on the machine there is', (t) => {
  const hypervisor = new EmbeddedHypervisor('/nowhere');
  const admin = hypervisor.domain('00000000-0000-0000-0000-000000000000');
  t.is(admin.state, 'Running');
  t.is(admin.xid, 0);
  t.is(admin.memoryKiB, 4096 * 1024);
  const other = hypervisor.domain('b9e79d99-0af9-4ec9-8d28-39dd96288826');
  t.is(other.state, 'Halted');
  t.is(other.xid, -1);
  t.is(other.startTime, undefined);
  t.is(hypervisor.host.memoryKiB, totalmem() / 1024);
  t.true(hypervisor.host.cpus >= 1 && hypervisor.host.cpus <= cpus().length);
});
