import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { NeedsError } from '../../lib/base/errors.ts';
import { FolderStorage } from '../../lib/storage/folder-storage.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a qube gets a folder, and loses it with all that is in it', async (t) => {
  const root = await temporaryFolder(t);
  const storage = new FolderStorage(root);
  await storage.createFolder('appvms/work');
  t.deepEqual(await readdir(join(root, 'appvms')), ['work']);
  await storage.writeText('appvms/work', 'notes.txt', 'ä\n');
  await mkdir(join(root, 'appvms', 'work', 'deep'));
  await symlink(root, join(root, 'appvms', 'work', 'link'));
  await writeFile(join(root, 'bystander'), '');
  await storage.removeFolder('appvms/work');
  t.deepEqual(await readdir(join(root, 'appvms')), []);
  t.true((await readdir(root)).includes('bystander'));
  await storage.removeFolder('appvms/work');
  await storage.removeFolder('nowhere/work');
});

test('an empty folder is taken, one with something in it is not, and keeps it', async (t) => {
  const root = await temporaryFolder(t);
  const storage = new FolderStorage(root);
  await mkdir(join(root, 'appvms', 'work'), { recursive: true });
  await storage.createFolder('appvms/work');
  await storage.writeText('appvms/work', 'notes.txt', 'old');
  const error = await t.throwsAsync(storage.createFolder('appvms/work'), {
    instanceOf: NeedsError,
  });
  t.regex(error.message, /appvms\/work: it exists already and is not empty$/);
  t.is(await storage.readText('appvms/work', 'notes.txt'), 'old');
});

test('small texts are replaced as a whole; there is none before', async (t) => {
  const root = await temporaryFolder(t);
  const storage = new FolderStorage(root);
  t.is(await storage.readText('appvms/work', 'notes.txt'), undefined);
  await storage.writeText('appvms/work', 'notes.txt', 'one');
  await storage.writeText('appvms/work', 'notes.txt', 'two');
  t.is(await storage.readText('appvms/work', 'notes.txt'), 'two');
  t.is(await storage.readText('appvms/work', 'other.txt'), undefined);
  t.deepEqual(await readdir(join(root, 'appvms', 'work')), ['notes.txt']);
});

test('a link in the place of a text is not followed, and a full folder name is refused', async (t) => {
  const root = await temporaryFolder(t);
  const storage = new FolderStorage(root);
  await writeFile(join(root, 'secret'), 'secret');
  await mkdir(join(root, 'appvms', 'work'), { recursive: true });
  await symlink(join(root, 'secret'), join(root, 'appvms', 'work', 'notes.txt'));
  await t.throwsAsync(storage.readText('appvms/work', 'notes.txt'), { instanceOf: NeedsError });
  await writeFile(join(root, 'appvms', 'file'), '');
  for (const work of [
    storage.createFolder('appvms/file'),
    storage.writeText('appvms/file', 'n', ''),
  ]) {
    await t.throwsAsync(work, { instanceOf: NeedsError });
  }
});

test('facts of a kernel come from its folder, anew when that has changed', async (t) => {
  const root = await temporaryFolder(t);
  const storage = new FolderStorage(root);
  const kernel = join(root, 'vm-kernels', '6.6.1');
  t.is(storage.kernel('6.6.1'), undefined);
  await mkdir(kernel, { recursive: true });
  const bare = {
    complete: false,
    options: undefined,
    optionsWithPci: undefined,
    commonOptions: undefined,
    supportsMemoryHotplug: false,
  };
  t.deepEqual(storage.kernel('6.6.1'), bare);
  await writeFile(join(kernel, 'vmlinuz'), '');
  await writeFile(join(kernel, 'default-kernelopts-pci.txt'), ' with pci \n');
  await writeFile(join(kernel, 'default-kernelopts-nopci.txt'), 'without\n');
  await writeFile(join(kernel, 'default-kernelopts-common.txt'), 'common \n');
  await writeFile(join(kernel, 'memory-hotplug-supported'), '');
  await utimes(kernel, 1, 1);
  const full = {
    complete: true,
    options: 'without',
    optionsWithPci: 'with pci',
    commonOptions: 'common',
    supportsMemoryHotplug: true,
  };
  t.deepEqual(storage.kernel('6.6.1'), full);
  t.is(storage.kernel('6.6.1'), storage.kernel('6.6.1'));
  for (const name of ['', '.', '..', '../vm-kernels', '6.6.1/vmlinuz', 'a\0b']) {
    t.is(storage.kernel(name), undefined, name);
  }
});
