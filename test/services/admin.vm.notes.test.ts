import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { openSystem } from '../support/admin-system.ts';

test('notes are kept beside the qube, and can be emptied', async (t) => {
  const { ask, root } = await openSystem(t);
  t.is(await ask('admin.vm.notes.Get+ dom0 name work'), '0\0');
  t.is(await ask('admin.vm.notes.Set+ dom0 name work', 'żółw\n\x07'), '0\0');
  t.is(await ask('admin.vm.notes.Get+ dom0 name work'), '0\0żółw\n_');
  t.is(await readFile(join(root, 'appvms', 'work', 'notes.txt'), 'utf8'), 'żółw\n_');
  t.is(await ask('admin.vm.notes.Set+ dom0 name work'), '0\0');
  t.is(await ask('admin.vm.notes.Get+ dom0 name work'), '0\0');
});

test('of many notes at once the last ones remain, whole', async (t) => {
  const { ask } = await openSystem(t);
  const notes = Array.from({ length: 30 }, (_, index) => `${index} `.repeat(2000));
  const replies = await Promise.all(
    notes.map((note) => ask('admin.vm.notes.Set+ dom0 name work', note)),
  );
  t.deepEqual(new Set(replies), new Set(['0\0']));
  t.is(await ask('admin.vm.notes.Get+ dom0 name work'), `0\0${notes.at(-1) ?? ''}`);
});

test('a qube that is being removed gets no notes any more', async (t) => {
  const { ask, root } = await openSystem(t);
  const removing = ask('admin.vm.Remove+ dom0 name work');
  const noting = ask('admin.vm.notes.Set+ dom0 name work', 'late');
  t.is(await removing, '0\0');
  t.is(await noting, "2\0QubesVMNotFoundError\0\0No such domain: 'work'\0");
  t.false(existsSync(join(root, 'appvms', 'work')));
});

test('a qube of another machine has none', async (t) => {
  const { ask } = await openSystem(t);
  const none = '2\0QubesNotImplementedError\0\0There are no notes about a RemoteVM\0';
  t.is(await ask('admin.vm.notes.Get+ dom0 name remote1'), none);
  t.is(await ask('admin.vm.notes.Set+ dom0 name remote1', 'x'), none);
});

test('a disk that refuses is an error, and no fault of the program', async (t) => {
  const { ask, root, logged } = await openSystem(t);
  const folder = join(root, 'appvms', 'work');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(root, 'appvms'), { recursive: true });
  await writeFile(folder, 'no folder');
  t.regex(
    await ask('admin.vm.notes.Set+ dom0 name work', 'x'),
    /^2\0QubesException\0\0Cannot save the notes: .+\0$/,
  );
  t.regex(
    await ask('admin.vm.notes.Get+ dom0 name work'),
    /^2\0QubesException\0\0Cannot read the notes: .+\0$/,
  );
  t.deepEqual(logged, []);
});
