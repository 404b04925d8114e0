// What the host calls in running qubes: real processes, each noting what it was called as.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { openSystem } from '../support/admin-system.ts';
import { setMachine } from '../support/machine.ts';
import { addService } from '../support/qrexec-system.ts';

const GIB = 2 ** 30;
const TOLD = ['SuspendPreAll', 'SuspendPre', 'SuspendPost', 'SuspendPostAll'];

/** A system in which `vault` runs and has these services; what is called is noted. */
async function system(t: ExecutionContext, services: Readonly<Record<string, string>>) {
  const opened = await openSystem(t);
  const { root, ask } = opened;
  for (const [name, script] of Object.entries(services)) {
    const note = `echo "${name} $(cat)" >> ${root}/called`;
    await addService(join(root, 'qubes-rpc'), `qubes.${name}`, `${note}\n${script}`);
  }
  await ask('admin.vm.feature.Set+qrexec dom0 name vault', '1');
  await ask('admin.vm.Start+ dom0 name vault');
  const called = (): readonly string[] => {
    try {
      const text = readFileSync(join(root, 'called'), 'utf8');
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => line.trim());
    } catch {
      return [];
    }
  };
  return { ...opened, called };
}

const noting = (names: readonly string[], script = ''): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, script]));

test('qubes are told before they sleep and when they have woken, with the machine', async (t) => {
  const { ask, called } = await system(t, noting(TOLD));
  t.is(await ask('internal.SuspendPre+ dom0 name dom0'), '0\0');
  t.deepEqual(called(), ['SuspendPreAll', 'SuspendPre']);
  t.is(await ask('internal.SuspendPost+ dom0 name dom0'), '0\0');
  t.deepEqual(called(), TOLD);
});

test('one that ends while it is told keeps nobody from sleeping', async (t) => {
  const script = 'while [ -e ../../qubes.xml ] && ! [ -e ../../gone ]; do sleep 0.05; done';
  const { root, ask, called, logged } = await system(t, noting(['SuspendPreAll'], script));
  const asleep = ask('internal.SuspendPre+ dom0 name dom0');
  while (called().length === 0) await setTimeout(20);
  t.is(await ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  await writeFile(join(root, 'gone'), '');
  t.is(await asleep, '0\0');
  t.deepEqual(logged, []);
});

test('one that starts anew while it is told sleeps and wakes with the others', async (t) => {
  const script = 'while [ -e ../../qubes.xml ] && ! [ -e ../../gone ]; do sleep 0.05; done';
  const { root, ask, called, logged } = await system(t, noting(['SuspendPre'], script));
  const stateOf = async (): Promise<string | undefined> =>
    / state=(\w+)/.exec(await ask('admin.vm.List+ dom0 name vault'))?.[1];
  const asleep = ask('internal.SuspendPre+ dom0 name dom0');
  while (called().length === 0) await setTimeout(20);
  t.is(await ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  await setMachine({ root }, { startSeconds: 2 });
  const started = ask('admin.vm.Start+ dom0 name vault');
  while ((await stateOf()) !== 'Transient') await setTimeout(5);
  await writeFile(join(root, 'gone'), '');
  t.is(await asleep, '0\0');
  t.is(await started, '0\0');
  t.is(await stateOf(), 'Suspended');
  await ask('internal.SuspendPost+ dom0 name dom0');
  t.is(await stateOf(), 'Running');
  t.deepEqual(logged, []);
});

test('one alone is told as well', async (t) => {
  const { ask, called } = await system(t, noting(TOLD));
  t.is(await ask('admin.vm.Suspend+ dom0 name vault'), '0\0');
  t.is(await ask('admin.vm.Resume+ dom0 name vault'), '0\0');
  t.deepEqual(called(), ['SuspendPre', 'SuspendPost']);
});

test('a qube that is only paused has nothing to wake from, and one that stood still is not told', async (t) => {
  const paused = await system(t, noting(TOLD));
  await setMachine(paused, { canSleep: false });
  await paused.ask('internal.SuspendPre+ dom0 name dom0');
  await paused.ask('internal.SuspendPost+ dom0 name dom0');
  t.deepEqual(paused.called(), ['SuspendPreAll', 'SuspendPre', 'SuspendPostAll']);
  const still = await system(t, noting(TOLD));
  await still.ask('admin.vm.Pause+ dom0 name vault');
  await still.ask('internal.SuspendPre+ dom0 name dom0');
  await still.ask('internal.SuspendPost+ dom0 name dom0');
  t.deepEqual(still.called(), []);
});

test('what fails in a qube keeps nobody from sleeping; what is not there is not even told of', async (t) => {
  const { ask, logged } = await system(t, noting(['SuspendPre'], 'echo "no \x07 way" >&2; exit 4'));
  t.is(await ask('internal.SuspendPre+ dom0 name dom0'), '0\0');
  t.regex(await ask('admin.vm.List+ dom0 name vault'), / state=Suspended /);
  t.deepEqual(logged, [
    'vault: cannot be told by qubes.SuspendPre: qubes.SuspendPre in vault failed: no _ way\n',
  ]);
});

test('a qube without qrexec is not called', async (t) => {
  const { ask, called } = await system(t, noting(TOLD));
  await ask('admin.vm.feature.Set+qrexec dom0 name vault', '');
  t.is(await ask('internal.SuspendPre+ dom0 name dom0'), '0\0');
  t.deepEqual(called(), []);
});

test('a running qube fits its file system to a volume that was resized', async (t) => {
  const { ask, called } = await system(t, noting(['ResizeDisk']));
  t.is(await ask('admin.vm.volume.Resize+private dom0 name vault', String(8 * GIB)), '0\0');
  t.deepEqual(called(), ['ResizeDisk private']);
  await ask('admin.vm.Kill+ dom0 name vault');
  t.is(await ask('admin.vm.volume.Resize+private dom0 name vault', String(9 * GIB)), '0\0');
  t.deepEqual(called(), ['ResizeDisk private'], 'one that is off is not called');
});

test('a file system that cannot be fitted is told, and the volume is resized', async (t) => {
  const { ask } = await system(t, noting(['ResizeDisk'], 'echo "no such disk" >&2; exit 1'));
  const reply = await ask('admin.vm.volume.Resize+private dom0 name vault', String(8 * GIB));
  t.regex(
    reply,
    /^2\0StoragePoolException\0\0Online resize of volume private failed \(you need to resize filesystem manually\): .*no such disk\0$/,
  );
  const info = await ask('admin.vm.volume.Info+private dom0 name vault');
  t.true(info.includes(`\nsize=${8 * GIB}\n`), info);
});

test('a qube that cannot fit a file system has its volume resized all the same', async (t) => {
  const { ask, logged } = await system(t, {});
  t.is(await ask('admin.vm.volume.Resize+private dom0 name vault', String(8 * GIB)), '0\0');
  t.deepEqual(logged, []);
});
