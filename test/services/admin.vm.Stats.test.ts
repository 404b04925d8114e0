import test from 'ava';

import { EventReader } from '../../lib/admin/event-frames.ts';
import { UseReport } from '../../lib/model/use-report.ts';
import { startQube } from '../../lib/model/power/start-qube.ts';
import { statsInterval } from '../../lib/model/properties/system.ts';
import { ADMIN_SERVICES } from '../../services/index.ts';
import { PlayedHypervisor } from '../support/played-hypervisor.ts';
import { SampleSystem } from '../support/sample-system.ts';
import { RawClient, serveSocket } from '../support/served-socket.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FACTS = [
  'memory_kb',
  'memory_assigned_total',
  'memory_assigned_usable',
  'memory_with_swap_used',
  'cpu_time',
  'cpu_usage',
  'online_vcpus',
];

async function subscribe(path: string, destination: string): Promise<RawClient> {
  const client = await RawClient.connect(path);
  client.end(`admin.vm.Stats+ dom0 name ${destination}\0`);
  return client;
}

test('all running qubes are reported, again and again', async (t) => {
  const { path, system } = await serveSocket(t, ADMIN_SERVICES);
  await startQube(system.qube('vault'));
  system.setGlobal('stats_interval', '1');
  const client = await subscribe(path, 'dom0');
  const received = await client.until((text) => text.split('vault\0vm-stats').length > 2);
  const [first, ...reports] = [...new EventReader().push(Buffer.from(received, 'latin1'))];
  t.deepEqual([first?.subject, first?.event], ['', 'connection-established']);
  t.deepEqual([...new Set(reports.map(({ subject }) => subject))], ['dom0', 'vault']);
  for (const { event, payload } of reports) {
    t.is(event, 'vm-stats');
    t.deepEqual(
      [...payload].map(([name]) => name),
      FACTS,
    );
    t.true([...payload].every(([, value]) => /^\d+$/.test(value)));
  }
  client.destroy();
});

test('who asks about one qube hears of that one, until it stops', async (t) => {
  const { path, system } = await serveSocket(t, ADMIN_SERVICES);
  await startQube(system.qube('vault'));
  system.setGlobal('stats_interval', '1');
  const client = await subscribe(path, 'vault');
  await client.until((text) => text.includes('vm-stats'));
  await system.hypervisor.destroy(system.qube('vault').uuid);
  await client.over;
  t.regex(client.received, /^1\0\0connection-established\0\0(1\0vault\0vm-stats\0.*?\0\0)+2\0/s);
  t.true(
    client.received.endsWith(
      "2\0QubesVMNotRunningError\0\0Domain not running (either powered off or paused): 'vault'\0",
    ),
  );
});

test('a halted qube has no figures', async (t) => {
  const { path } = await serveSocket(t, ADMIN_SERVICES);
  const client = await subscribe(path, 'vault');
  await client.over;
  t.is(
    client.received,
    '1\0\0connection-established\0\0' +
      "2\0QubesVMNotRunningError\0\0Domain not running (either powered off or paused): 'vault'\0",
  );
});

test('a store that asks for reports without a pause does not get them', async (t) => {
  const { path, system } = await serveSocket(t, ADMIN_SERVICES);
  system.app.put(statsInterval.name, -1);
  const client = await subscribe(path, 'dom0');
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.is(client.received.split('vm-stats').length, 2);
  client.destroy();
});

/** A machine whose first qube has used so much of its processors. */
class Busy extends PlayedHypervisor {
  cpuTimeNs = 0;

  override use(): ReturnType<PlayedHypervisor['use']> {
    return super.use().map((use) => ({ ...use, vcpus: 2, cpuTimeNs: this.cpuTimeNs }));
  }
}

test('the share of the processors is that since the last report', async (t) => {
  const folder = await temporaryFolder(t);
  const machine = new Busy(folder);
  const system = await SampleSystem.open(t, undefined, folder, machine);
  await startQube(system.qube('vault'));
  const report = new UseReport(system.app);
  const usageAt = (ms: number, cpuTimeNs: number): unknown => {
    machine.cpuTimeNs = cpuTimeNs;
    const vault = report.take(ms).find(({ qube }) => qube.name === 'vault');
    return [vault?.facts['cpu_usage'], vault?.facts['cpu_time']];
  };
  t.deepEqual(usageAt(0, 5e9), [0, 5000], 'nothing is known of before');
  t.deepEqual(usageAt(1000, 6e9), [50, 6000], 'one of two processors');
  t.deepEqual(usageAt(2000, 8e9), [100, 8000]);
  t.deepEqual(usageAt(3000, 1e9), [0, 1000], 'it was restarted');
  t.deepEqual(usageAt(3000, 2e9), [0, 2000], 'no time has passed');
});
