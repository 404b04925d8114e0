import test from 'ava';
import * as z from 'zod';

import { startQube } from '../../../lib/model/power/start-qube.ts';
import { readFixture } from '../../support/model-fixture.ts';
import { SampleSystem } from '../../support/sample-system.ts';

const Recorded = z.record(z.string(), z.record(z.string(), z.string()));

/** What differs from start to start, or from machine to machine; its form is told of elsewhere. */
const CHANCE = new Set(['/qubes-random-seed', '/qubes-timezone']);

const WORK_FEATURES = {
  'service.cups': '1',
  'service.app-dispvm.firefox': '1',
  'service.off': '',
  'vm-config.thing': 'some',
  'custom-persist.x': '/home/x',
  'check-updates': '1',
  'updates-proxy-setup': '1',
  gui: '',
  'boot-mode.kernelopts.dbg': 'x=1',
  'boot-mode.default-user.dbg': 'root',
};

async function entriesOf(system: SampleSystem, name: string): Promise<Record<string, string>> {
  const database = await system.app.qubesdb.open(name);
  const entries = await database?.multiread('/');
  return Object.fromEntries([...(entries ?? [])].map(([path, value]) => [path, String(value)]));
}

test('a qube that starts finds in its database what the reference writes', async (t) => {
  const system = await SampleSystem.open(t);
  for (const [feature, value] of Object.entries(WORK_FEATURES)) {
    system.setFeature('work', feature, value);
  }
  system.set('work', 'bootmode', 'dbg');
  system.set('work', 'debug', 'True');
  system.setFeature('fedora-41', 'anon-timezone', '1');
  system.setFeature('dom0', 'gui-videoram-min', '1000');
  for (const name of ['work', 'fedora-41', 'disp1234']) await startQube(system.qube(name));
  const recorded = Recorded.parse(await readFixture('qubesdb-at-start'));
  for (const [name, theirs] of Object.entries(recorded)) {
    const ours = await entriesOf(system, name);
    const strip = (entries: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(entries).filter(([path]) => !CHANCE.has(path)));
    t.deepEqual(strip(ours), strip(theirs), name);
    t.is('/qubes-timezone' in ours, '/qubes-timezone' in theirs, name);
    t.regex(ours['/qubes-random-seed'] ?? '', /^[A-Za-z0-9+/]{86}==$/);
  }
});

test('each start has a random seed of its own', async (t) => {
  const system = await SampleSystem.open(t);
  const seeds = new Set<string | undefined>();
  for (const name of ['vault', 'untrusted', 'personal']) {
    await startQube(system.qube(name));
    seeds.add((await entriesOf(system, name))['/qubes-random-seed']);
  }
  t.is(seeds.size, 3);
});

/** Makes a change and waits until a running qube has been told. */
async function change(system: SampleSystem, work: () => void): Promise<void> {
  system.app.apply(work);
  await system.app.save();
}

test('features that change while a qube runs are told to it', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  await startQube(vault);
  const { features } = vault;
  const told = async (work: () => void): Promise<Record<string, string | undefined>> => {
    const before = await entriesOf(system, 'vault');
    await change(system, work);
    const after = await entriesOf(system, 'vault');
    const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const changed = paths.filter((path) => before[path] !== after[path]);
    return Object.fromEntries(changed.map((path) => [path, after[path]]));
  };
  t.deepEqual(await told(() => features.set('service.cups', '1')), { '/qubes-service/cups': '1' });
  t.deepEqual(await told(() => features.set('service.cups', '')), { '/qubes-service/cups': '0' });
  t.deepEqual(await told(() => features.delete('service.cups')), {
    '/qubes-service/cups': undefined,
  });
  const long = `service.app-dispvm.${'a'.repeat(60)}`;
  const hashed = await told(() => features.set(long, '1'));
  t.deepEqual(Object.values(hashed), ['a'.repeat(60)]);
  t.regex(Object.keys(hashed)[0] ?? '', /^\/hash-app-dispvm\/[\w-]{43}$/);
  t.deepEqual(Object.keys(await told(() => features.delete(long))), Object.keys(hashed));
  t.deepEqual(await told(() => features.set('vm-config.x', 'y z')), { '/vm-config/x': 'y z' });
  t.deepEqual(await told(() => features.delete('vm-config.x')), { '/vm-config/x': undefined });
  t.deepEqual(await told(() => features.set('custom-persist.a', '/b')), { '/persist/a': '/b' });
  t.deepEqual(await told(() => features.delete('custom-persist.a')), { '/persist/a': undefined });
  t.deepEqual(await told(() => features.set('other', '1')), {});
  t.deepEqual(await told(() => vault.setText(vault.property('keyboard_layout'), 'de++')), {
    '/keyboard-layout': 'de++',
  });
});

test('a change that is taken back is not told', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  await startQube(vault);
  const before = await entriesOf(system, 'vault');
  t.throws(() =>
    system.app.apply(() => {
      vault.features.set('vm-config.x', 'y');
      vault.features.set('vm-config.-', 'y');
    }),
  );
  await system.app.save();
  t.deepEqual(await entriesOf(system, 'vault'), before);
});

test('who shows and plays is told to those that run when it starts, and when it changes', async (t) => {
  const system = await SampleSystem.open(t);
  const vault = system.qube('vault');
  system.set('vault', 'guivm', 'standalone1');
  system.set('vault', 'audiovm', 'standalone1');
  await startQube(vault);
  t.is((await entriesOf(system, 'vault'))['/qubes-gui-domain-xid'], undefined);
  t.is((await entriesOf(system, 'vault'))['/qubes-audio-domain-xid'], undefined);
  await startQube(system.qube('standalone1'));
  const xid = system.get('standalone1', 'xid');
  t.is((await entriesOf(system, 'vault'))['/qubes-gui-domain-xid'], xid);
  t.is((await entriesOf(system, 'vault'))['/qubes-audio-domain-xid'], xid);
  await change(system, () => vault.setText(vault.property('audiovm'), 'dom0'));
  t.is((await entriesOf(system, 'vault'))['/qubes-audio-domain-xid'], '0');
  await change(system, () => vault.setText(vault.property('audiovm'), ''));
  t.is((await entriesOf(system, 'vault'))['/qubes-audio-domain-xid'], undefined);
});

test('what does not fit a database is refused, and left out where a store has it', async (t) => {
  const system = await SampleSystem.open(t);
  t.throws(() => system.setFeature('vault', 'vm-config.x', 'y'.repeat(3072)), {
    message: 'VM config must not exceed 3071 bytes',
  });
  t.throws(() => system.setFeature('vault', 'custom-persist.x', `/${'y'.repeat(3071)}`), {
    message: 'custom-persist must not exceed 3071 bytes',
  });
  const vault = system.qube('vault');
  vault.features.load([
    ['vm-config.long', 'y'.repeat(3072)],
    [`vm-config.${'x'.repeat(60)}`, 'y'],
    ['vm-config.fine', 'y'],
  ]);
  await startQube(vault);
  const paths = Object.keys(await entriesOf(system, 'vault'));
  t.deepEqual(
    paths.filter((path) => path.startsWith('/vm-config/')),
    ['/vm-config/fine'],
  );
});
