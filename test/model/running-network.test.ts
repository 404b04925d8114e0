import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import * as z from 'zod';

import { QubesVMInUseError, QubesVMNotStartedError } from '../../lib/base/admin-error.ts';
import { pauseQube, unpauseQube } from '../../lib/model/power/pause-qube.ts';
import { shutdownQube } from '../../lib/model/power/shutdown-qube.ts';
import { startQube } from '../../lib/model/power/start-qube.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';
import { readFixture } from '../support/model-fixture.ts';
import { sessionStore } from '../support/recorded-session.ts';

const recorded = z.array(
  z.object({
    call: z.string(),
    dest: z.string(),
    payload: z.string(),
    /** What has become of the entries of those whose entries have changed. */
    entries: z.record(z.string(), z.record(z.string(), z.string())),
  }),
);

/** Entries that have to do with the network; of all others somebody else takes care. */
const OF_THE_NETWORK =
  /^\/(?:qubes-(?:ip6?|mac|netmask|gateway6?|(?:primary|secondary)-dns|netvm-[a-z0-9-]+|vm-type)$|connected-ips6?$|mapped-ip\/|qubes-firewall\/)/;

const POWER: Readonly<Record<string, (qube: Qube) => Promise<void>>> = {
  'admin.vm.Start': startQube,
  'admin.vm.Shutdown+wait': (qube) => shutdownQube(qube, { force: false, wait: true }),
  'admin.vm.Shutdown+force+wait': (qube) => shutdownQube(qube, { force: true, wait: true }),
  'admin.vm.Pause': pauseQube,
  'admin.vm.Unpause': unpauseQube,
};

async function call(
  t: ExecutionContext,
  { app, ask }: AdminSystem,
  method: string,
  dest: string,
  payload = '',
): Promise<void> {
  const power = POWER[method];
  if (power !== undefined) await power(qubeOf(app, dest));
  else t.is(await ask(`${method} dom0 name ${dest}`, payload), '0\0', `${method} ${dest}`);
}

function qubeOf(app: AdminSystem['app'], name: string): Qube {
  const qube = app.qubes.find(name);
  if (qube === undefined) throw new Error(`There is no qube ${name}`);
  return qube;
}

async function entriesOf(
  { app }: AdminSystem,
  name: string,
  of = OF_THE_NETWORK,
): Promise<Record<string, string>> {
  const database = await app.qubesdb.open(name);
  const entries = (await database?.multiread('/')) ?? new Map<string, Uint8Array>();
  return Object.fromEntries(
    [...entries]
      .filter(([path]) => of.test(path))
      .map(([path, value]) => [path, Buffer.from(value).toString()]),
  );
}

/** The store of the session with more qubes like one of it. */
function withMore(count: number): string {
  const store = sessionStore('start');
  const [personal = ''] = /<domain id="domain-7".*?<\/domain>/s.exec(store) ?? [];
  const more = Array.from({ length: count }, (_, index) =>
    personal
      .replaceAll('personal', `more${index}`)
      .replace('domain-7', `domain-${1000 + index}`)
      .replace('>7<', `>${1000 + index}<`)
      .replace(/(?<="uuid">)[0-9a-f]{8}/, String(10_000_000 + index)),
  );
  return store.replace('</domains>', `${more.join('')}</domains>`);
}

/** What the observers hear: `work property-set:netvm`. */
async function eventsOf({ app }: AdminSystem, work: () => Promise<void>): Promise<string[]> {
  const events: string[] = [];
  const end = app.addObserver((subject, event) => {
    if (!event.startsWith('admin-permission:')) events.push(`${subject?.name ?? ''} ${event}`);
  });
  await work();
  end();
  return events;
}

test('netvms and qubes are told of their network what the reference tells them', async (t) => {
  const system = await openSystem(t);
  for (const step of recorded.parse(await readFixture('network-entries'))) {
    await call(t, system, step.call, step.dest, step.payload);
    for (const [name, entries] of Object.entries(step.entries)) {
      t.deepEqual(await entriesOf(system, name), entries, `${name}: ${step.call} ${step.dest}`);
    }
  }
  t.deepEqual(system.logged, []);
});

test('the rules are there before the entry that the firewall waits for', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const database = await system.app.qubesdb.open('sys-firewall');
  const heard: string[] = [];
  await database?.watch('/qubes-firewall/', (path) => void heard.push(path));
  await call(t, system, 'admin.vm.firewall.Set', 'work', 'action=accept\naction=drop\n');
  const base = '/qubes-firewall/10.137.0.6';
  t.is(heard[0], `${base}/`);
  t.is(heard.at(-1), base);
  t.deepEqual(heard.slice(1, -1).toSorted(), [`${base}/0000`, `${base}/0001`, `${base}/policy`]);
});

test('of many changes of the rules at once the last one remains, complete', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const lists = Array.from({ length: 20 }, (_, index) =>
    `action=accept proto=tcp dstports=${index}\n`.repeat(1 + (index % 5)),
  );
  await Promise.all(lists.map((list) => call(t, system, 'admin.vm.firewall.Set', 'work', list)));
  const firewall = await entriesOf(system, 'sys-firewall', /^\/qubes-firewall\//);
  const base = '/qubes-firewall/10.137.0.6';
  const rules = ['0000', '0001', '0002', '0003', '0004'].map((number) => [
    `${base}/${number}`,
    'action=accept proto=tcp dstports=19-19',
  ]);
  t.deepEqual(firewall, {
    [base]: '',
    [`${base}/policy`]: 'drop',
    ...(Object.fromEntries(rules) as Record<string, string>),
  });
});

test('a netvm that others use goes only by force', async (t) => {
  const system = await openSystem(t);
  const { app } = system;
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.Start', 'personal');
  await t.throwsAsync(shutdownQube(qubeOf(app, 'sys-firewall'), { force: false, wait: true }), {
    instanceOf: QubesVMInUseError,
    message: 'There are other VMs connected to this VM: personal, work',
  });
  await call(t, system, 'admin.vm.Shutdown+wait', 'personal');
  await call(t, system, 'admin.vm.Shutdown+force+wait', 'sys-firewall');
  await call(t, system, 'admin.vm.Shutdown+wait', 'work');
});

test('a running qube is not moved to a netvm that is off', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.property.Set+netvm', 'work', '');
  await call(t, system, 'admin.vm.Shutdown+wait', 'sys-firewall');
  t.is(
    await system.ask('admin.vm.property.Reset+netvm dom0 name work'),
    `2\0QubesVMNotStartedError\0\0Cannot dynamically attach to stopped qube sys-firewall\0`,
  );
  t.throws(() => system.app.apply(() => qubeOf(system.app, 'work').reset({ name: 'netvm' })), {
    instanceOf: QubesVMNotStartedError,
  });
});

test('a running qube that moves is told of, with its new netvm', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const move = () => call(t, system, 'admin.vm.property.Set+netvm', 'work', 'sys-net');
  t.deepEqual(await eventsOf(system, move), [
    'work property-pre-set:netvm',
    'work property-set:netvm',
    'work domain-qdb-create',
    'sys-net net-domain-connect',
  ]);
});

test('a paused qube is moved when it goes on', async (t) => {
  const system = await openSystem(t);
  const { app } = system;
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.Pause', 'work');
  await call(t, system, 'admin.vm.property.Set+netvm', 'work', 'sys-net');
  const work = qubeOf(app, 'work');
  t.is(work.features.get('deferred-netvm-original'), 'sys-firewall');
  const mapped = /^\/mapped-ip\/10\.137\.0\.6\//;
  t.deepEqual(await entriesOf(system, 'sys-net', mapped), {});
  const events = await eventsOf(system, () => call(t, system, 'admin.vm.Unpause', 'work'));
  t.deepEqual(
    events.filter((event) => !event.includes('paused')),
    [
      'work property-pre-set:netvm',
      'work property-set:netvm',
      'work domain-feature-pre-delete:deferred-netvm-original',
      'work domain-feature-delete:deferred-netvm-original',
      'work domain-qdb-create',
      'sys-net net-domain-connect',
    ],
  );
  t.false(work.features.has('deferred-netvm-original'));
  t.is(Object.keys(await entriesOf(system, 'sys-net', mapped)).length, 2);
});

test('a paused qube whose netvm is off goes on, and is moved when that runs again', async (t) => {
  const system = await openSystem(t);
  const { app } = system;
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.Pause', 'work');
  await call(t, system, 'admin.vm.property.Set+netvm', 'work', 'sys-net');
  await call(t, system, 'admin.vm.Shutdown+force+wait', 'sys-net');
  await call(t, system, 'admin.vm.Unpause', 'work');
  const work = qubeOf(app, 'work');
  t.true(work.features.has('deferred-netvm-original'));
  await call(t, system, 'admin.vm.Start', 'sys-net');
  t.false(work.features.has('deferred-netvm-original'));
  t.is(
    (await entriesOf(system, 'sys-net', /^\/mapped-ip\/10\.137\.0\.6\/visible-ip/))[
      '/mapped-ip/10.137.0.6/visible-ip'
    ],
    '10.137.0.6',
  );
});

test('a paused qube that is ended forgets that it was to be moved', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.Pause', 'work');
  await call(t, system, 'admin.vm.property.Set+netvm', 'work', 'sys-net');
  await system.app.hypervisor.destroy(qubeOf(system.app, 'work').uuid);
  await startQube(qubeOf(system.app, 'work'));
  t.false(qubeOf(system.app, 'work').features.has('deferred-netvm-original'));
});

test('a qube whose rules cannot be read gets nothing through', async (t) => {
  const system = await openSystem(t);
  const { app } = system;
  await app.storage.writeText('appvms/work', 'firewall.xml', '<firewall version="2"><rules>');
  await call(t, system, 'admin.vm.Start', 'work');
  t.deepEqual(await entriesOf(system, 'sys-firewall', /^\/qubes-firewall\//), {
    '/qubes-firewall/10.137.0.6': '',
    '/qubes-firewall/10.137.0.6/policy': 'drop',
  });
  t.true(system.logged.some((line) => line.includes('All traffic of work is dropped')));
});

test('where the database of the netvm has no room for the rules of a qube, nothing passes', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const database = await system.app.qubesdb.open('sys-firewall');
  const value = 'x'.repeat(3000);
  for (let count = 0; ; count++) {
    const isFull = await database?.write(`/fill/${count}`, value).then(
      () => false,
      () => true,
    );
    if (isFull !== false) break;
  }
  const rules = 'action=accept dst4=10.0.0.0/8\n'.repeat(200);
  t.regex(
    await system.ask('admin.vm.firewall.Set+ dom0 name work', rules),
    /^2\0QubesException\0\0Cannot write .*: the database is full\0$/,
  );
  t.deepEqual(await entriesOf(system, 'sys-firewall', /^\/qubes-firewall\//), {
    '/qubes-firewall/10.137.0.6': '',
    '/qubes-firewall/10.137.0.6/policy': 'drop',
  });
});

test('a netvm with more qubes than fit into an entry is told of those that run', async (t) => {
  const system = await openSystem(t, { store: withMore(200) });
  await call(t, system, 'admin.vm.feature.Set+ipv6', 'sys-net', '1');
  await call(t, system, 'admin.vm.Start', 'work');
  await call(t, system, 'admin.vm.Start', 'personal');
  const connected = await entriesOf(system, 'sys-firewall', /^\/connected-ips/);
  t.is(connected['/connected-ips']?.split(' ').length, 206);
  t.is(connected['/connected-ips6'], 'fd09:24ef:4179::a89:7 fd09:24ef:4179::a89:6');
});

test('a rule leaves the firewall also when its time is over while nobody is there', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const expire = Math.floor(Date.now() / 1000) + 1;
  const rules = `action=accept expire=${expire}\naction=drop\n`;
  await call(t, system, 'admin.vm.firewall.Set', 'work', rules);
  const again = await system.reopen();
  const file = () => again.app.storage.readText('appvms/work', 'firewall.xml');
  const entries = () => entriesOf(again, 'sys-firewall', /^\/qubes-firewall\//);
  while ((await file())?.includes('expire') === true) await sleep(20);
  while ('/qubes-firewall/10.137.0.6/0001' in (await entries())) await sleep(20);
  t.deepEqual(await entries(), {
    '/qubes-firewall/10.137.0.6': '',
    '/qubes-firewall/10.137.0.6/0000': 'action=drop',
    '/qubes-firewall/10.137.0.6/policy': 'drop',
  });
});

test('a rule leaves the firewall when its time is over', async (t) => {
  const system = await openSystem(t);
  await call(t, system, 'admin.vm.Start', 'work');
  const expire = Math.floor(Date.now() / 1000) + 4;
  await call(
    t,
    system,
    'admin.vm.firewall.Set',
    'work',
    `action=accept expire=${expire}\naction=drop\n`,
  );
  const rule = async (number: string): Promise<string | undefined> => {
    const path = `/qubes-firewall/10.137.0.6/${number}`;
    return (await entriesOf(system, 'sys-firewall', /^\/qubes-firewall\//))[path];
  };
  t.is(await rule('0000'), 'action=accept');
  t.is(await rule('0001'), 'action=drop');
  const events = await eventsOf(system, async () => {
    while ((await rule('0001')) !== undefined) await sleep(20);
  });
  t.deepEqual(events, ['work firewall-changed']);
  t.true(Date.now() >= expire * 1000);
  t.is(await rule('0000'), 'action=drop');
  t.is(await rule('0001'), undefined);
  const file = await system.app.storage.readText('appvms/work', 'firewall.xml');
  t.false(file?.includes('expire'));
});
