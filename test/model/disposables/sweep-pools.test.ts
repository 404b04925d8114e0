import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { openSystem } from '../../support/admin-system.ts';
import type { AdminSystem } from '../../support/admin-system.ts';
import { PlayedLvm } from '../../support/played-lvm.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const AT = { size: 1, origin: '' };
const DVM = 'default-dvm';

/** A system with a pool of files elsewhere, and a thin pool of LVM. */
async function withPools(t: ExecutionContext): Promise<{ system: AdminSystem; files: string }> {
  const files = await temporaryFolder(t);
  const system = await openSystem(t);
  const add = async (driver: string, options: readonly string[]): Promise<void> => {
    const payload = [`name=${driver}`, ...options].join('\n');
    t.is(await system.ask(`admin.pool.Add+${driver} dom0 name dom0`, payload), '0\0');
  };
  await add('file-reflink', [`dir_path=${files}`, 'setup_check=False']);
  await add('lvm_thin', ['volume_group=group', 'thin_pool=pool']);
  return { system, files };
}

/** Waits for what a host makes up for when it starts; the test's own time ends it. */
async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await sleep(10);
}

// PATH belongs to the process: one test at a time has its own LVM on it.
const play = test.serial;

play('what a killed host has left of a disposable goes from all pools, and no more', async (t) => {
  const lvm = await PlayedLvm.open(t, {
    'vm-disp1-root-snap': AT,
    'vm-disp1-root-1700000001-back': AT,
    'vm-disp1-volatile': AT,
    // Of a qube with a longer name, and of another system, or of nobody.
    'vm-disp1-private-root': AT,
    'vm-disp2-volatile': AT,
    'vm-disp12345-volatile': AT,
  });
  const { system, files } = await withPools(t);
  const left = join('appvms', 'disp1');
  const others = ['appvms/disp1-private', 'appvms/disp2', 'appvms/disp07'];
  for (const folder of [left, ...others]) {
    await mkdir(join(files, folder), { recursive: true });
    await writeFile(join(files, folder, 'private-dirty.img'), 'secret');
  }
  for (const name of ['disp1', 'disp07']) await mkdir(join(system.root, 'appvms', name));
  await writeFile(join(system.root, left, 'run'), 'starting');
  await system.reopen();
  await until(async () => !(await readdir(join(system.root, 'appvms'))).includes('disp1'));
  t.deepEqual(await lvm.names(), [
    'vm-disp1-private-root',
    'vm-disp12345-volatile',
    'vm-disp2-volatile',
  ]);
  t.deepEqual(
    (await readdir(join(files, 'appvms'))).map((name) => `appvms/${name}`).sort(),
    others.toSorted(),
  );
  const kept = await readdir(join(system.root, 'appvms'));
  t.true(kept.includes('disp07'), 'no disposable is called like that');
});

play('what resists is tried again by the next host, and all else is done', async (t) => {
  const lvm = await PlayedLvm.open(t);
  const { system, files } = await withPools(t);
  const { app } = system;
  const dvm = app.qubes.find(DVM);
  const volatile = dvm?.volumes.get('volatile');
  app.apply(() => {
    dvm?.setVolume('volatile', new Map([...(volatile ?? []), ['pool', 'lvm_thin']]));
    const data = { name: 'data', pool: 'file-reflink', vid: `appvms/${DVM}/data`, size: '1' };
    dvm?.setVolume('data', new Map(Object.entries({ ...data, save_on_stop: 'True' })));
  });
  await app.save();
  const created = await system.ask(`admin.vm.CreateDisposable+ dom0 name ${DVM}`);
  const name = created.split('\0')[1] ?? '';
  t.is(await system.ask(`admin.vm.Start+ dom0 name ${name}`), '0\0');
  const ofIt = [`vm-${name}-volatile`];
  t.deepEqual(await lvm.names(), ofIt);
  t.deepEqual(await readdir(join(files, 'appvms')), [name]);
  await lvm.fail('lvremove', 'it is busy');
  await system.ask(`admin.vm.Kill+ dom0 name ${name}`);
  t.is(app.qubes.find(name), undefined);
  t.deepEqual(await readdir(join(files, 'appvms')), []);
  const second = await system.reopen();
  const isTold = (line: string): boolean =>
    line.includes(`${name}: something may be left in pool lvm_thin`);
  await until(() => second.logged.some(isTold));
  t.deepEqual(await lvm.names(), ofIt);
  await lvm.fail('', '');
  await second.reopen();
  await until(async () => !(await readdir(join(system.root, 'appvms'))).includes(name));
  t.deepEqual(await lvm.names(), []);
});
