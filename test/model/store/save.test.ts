import {
  chmod,
  chown,
  copyFile,
  readdir,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { QubesException, QubesValueError } from '../../../lib/base/admin-error.ts';
import type { App } from '../../../lib/model/app.ts';
import { embeddedDoors } from '../../../lib/cli/embedded-doors.ts';
import { createStore } from '../../../lib/model/store/create-store.ts';
import { mountSmallDisk } from '../../base/small-disk.ts';
import { open, openIn, read } from '../../support/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Sets a feature of dom0. */
function set(app: App, name: string, value = '1'): void {
  app.apply(() => app.qubes.admin.features.set(name, value));
}

async function featuresOnDisk(folder: string): Promise<readonly string[]> {
  const xml = await readFile(join(folder, 'qubes.xml'), 'utf8');
  return [...read(xml).app.qubes.admin.features.names()];
}

test('what a resolved save covers is on disk', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  for (let count = 0; count < 20; count++) {
    set(app, `f${count}`);
    await app.save();
    t.true((await featuresOnDisk(folder)).includes(`f${count}`));
  }
  await close();
  t.deepEqual((await readdir(folder)).sort(), ['qubes.xml', 'qubes.xml.lock']);
});

test('saves of the same moment share one write, later ones the next', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  const written = new Set<number>();
  const watch = setInterval(
    () =>
      void stat(join(folder, 'qubes.xml')).then(({ ino, mtimeMs }) => written.add(ino + mtimeMs)),
    0,
  );
  const saves = [];
  for (let count = 0; count < 50; count++) {
    set(app, `f${count}`);
    saves.push(app.save());
  }
  await Promise.all(saves);
  clearInterval(watch);
  t.is((await featuresOnDisk(folder)).length, 50);
  // The file before, one write for the first save, one for all others.
  t.true(written.size <= 3, `${written.size} files seen`);
  await close();
});

test('a save when nothing has changed writes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  const before = await stat(join(folder, 'qubes.xml'));
  await app.save();
  t.is((await stat(join(folder, 'qubes.xml'))).ino, before.ino);
  await close();
});

test('close waits for what is being saved', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  set(app, 'last');
  const saved = app.save();
  await close();
  t.deepEqual(await featuresOnDisk(folder), ['last']);
  await saved;
});

test('permissions and group of the file stay', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'qubes.xml');
  const { app, close } = await openIn(folder);
  await close();
  await chmod(path, 0o604);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(path, 0, 1234);
  const again = await open(folder);
  for (const name of ['a', 'b']) {
    set(again.app, name);
    await again.app.save();
    const { mode, gid } = await stat(path);
    t.is(mode & 0o7777, 0o604);
    if (isRoot) t.is(gid, 1234);
  }
  await again.close();
  t.is(app.qubes.size, again.app.qubes.size);
});

test('a file that somebody else has replaced is not written over, and memory goes back', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'qubes.xml');
  const { app, close } = await openIn(folder);
  set(app, 'kept');
  await app.save();
  await copyFile(path, `${path}.new`);
  await rename(`${path}.new`, path);
  const foreign = await stat(path);
  set(app, 'lost');
  const error = await t.throwsAsync(app.save(), { instanceOf: QubesException });
  t.regex(error.message, /Cannot save qubes\.xml: another program has replaced it/);
  t.deepEqual([...app.qubes.admin.features.names()], ['kept']);
  t.is((await stat(path)).ino, foreign.ino);
  await close();
});

test('a value that the store could not be read with again is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  for (const value of ['\x0b', '\0', '\ud800', '\uffff']) {
    set(app, 'f', value);
    const error = await t.throwsAsync(app.save(), { instanceOf: QubesValueError });
    t.is(error.message, 'Cannot save dom0: a value has a character that XML forbids');
    t.false(app.qubes.admin.features.has('f'));
  }
  t.throws(() => app.setText(app.property('default_kernel'), 'a\fb'), {
    instanceOf: QubesValueError,
  });
  await close();
});

test('a store that would be too large to be read is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const { app, close } = await openIn(folder);
  for (let count = 0; count < 280; count++) set(app, `f${count}`, 'x'.repeat(60_000));
  const error = await t.throwsAsync(app.save(), { instanceOf: QubesException });
  t.regex(error.message, /it would be larger than 16777216 bytes/);
  t.deepEqual([...app.qubes.admin.features.names()], []);
  await close();
});

test('the rest of a write that was cut off does no harm', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, '.qubes.xml.partial'), 'half');
  const { app, close } = await openIn(folder);
  set(app, 'f');
  await app.save();
  t.deepEqual(await featuresOnDisk(folder), ['f']);
  await close();
});

const disk = mountSmallDisk(100 * 1024);
process.once('exit', () => disk?.remove());

(disk === undefined ? test.skip : test)(
  'a full disk: every save that waits fails, memory is as the disk, and goes on when there is room',
  async (t) => {
    const folder = disk?.path ?? '';
    await createStore(folder, embeddedDoors(folder));
    const { app, close } = await open(folder);
    set(app, 'kept');
    await app.save();
    await writeFile(join(folder, 'filler'), Buffer.alloc(4096));
    const before = await readFile(join(folder, 'qubes.xml'), 'utf8');
    set(app, 'big', 'x'.repeat(100_000));
    const first = app.save();
    set(app, 'small');
    const second = app.save();
    for (const save of [first, second]) {
      const error = await t.throwsAsync(save, { instanceOf: QubesException });
      t.is(error.message, 'Cannot save qubes.xml: the disk is full');
    }
    t.deepEqual([...app.qubes.admin.features.names()], ['kept']);
    t.is(await readFile(join(folder, 'qubes.xml'), 'utf8'), before);
    t.false((await readdir(folder)).some((name) => name.includes('partial')));
    set(app, 'small');
    await app.save();
    t.deepEqual(await featuresOnDisk(folder), ['kept', 'small']);
    await close();
  },
);
