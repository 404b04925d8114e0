import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { openSystem } from '../../support/admin-system.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('what a killed host has left of a disposable goes when the next one starts', async (t) => {
  const root = await temporaryFolder(t);
  const left = ['disp1', 'disp9999'];
  // Of a qube that a person made, of one the store has, and of what is none.
  const kept = ['disp12345', 'display', 'disp2x'];
  for (const name of [...left, ...kept]) {
    for (const place of ['appvms', 'home', 'run']) {
      await mkdir(join(root, place, name), { recursive: true });
      await writeFile(join(root, place, name, 'private.img'), 'secret');
    }
  }
  const system = await openSystem(t, { folder: root });
  const there = async (place: string): Promise<readonly string[]> =>
    (await readdir(join(root, place))).filter((name) => [...left, ...kept].includes(name)).sort();
  while ((await there('appvms')).length > kept.length) await sleep(5);
  for (const place of ['appvms', 'home', 'run']) t.deepEqual(await there(place), kept.toSorted());
  t.is(system.logged.length, left.length, 'a person can read which');
});

test('the files of disposables that there are stay', async (t) => {
  const system = await openSystem(t);
  const [, made = ''] = (
    await system.ask('admin.vm.CreateDisposable+ dom0 name default-dvm')
  ).split('\0');
  const next = await system.reopen();
  // It is the last that is looked after of what a host makes up for.
  await next.app.qubeLock.idle();
  t.true((await readdir(join(system.root, 'appvms'))).includes(made));
  t.is(await next.ask(`admin.vm.Start+ dom0 name ${made}`), '0\0');
});
