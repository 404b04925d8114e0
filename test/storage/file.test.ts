import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { QubesValueError } from '../../lib/base/admin-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestPool } from '../support/test-pool.ts';
import { importText, readSaved, runWriting } from '../support/volume-content.ts';

const FOLDER = 'appvms/work';
const VID = `${FOLDER}/private`;

test('files have the names of the reference', async (t) => {
  const pool = new TestPool(await temporaryFolder(t), 'file');
  const root = pool.own('vm-templates/fedora-41/root');
  const own = pool.own(VID);
  const snapshot = pool.snapshot(`${FOLDER}/root`, root);
  const volatile = pool.volume(`${FOLDER}/volatile`, {});
  const inPool = (name: string): string => join(pool.folder, name);
  t.is(own.path, inPool(`${VID}.img`));
  t.is(snapshot.path, inPool('vm-templates/fedora-41/root.img'));
  t.is(volatile.path, inPool(`${FOLDER}/volatile.img`));
  for (const volume of [root, own, snapshot, volatile]) await volume.create();
  t.deepEqual(await pool.files(FOLDER), ['private.img']);
  for (const volume of [own, snapshot, volatile]) await volume.start();
  t.is(await snapshot.disk(), inPool(`${FOLDER}/root-cow.img`));
  t.is(await volatile.disk(), volatile.path);
  for (const volume of [own, snapshot, volatile]) await volume.stop();
  t.deepEqual(await pool.files(FOLDER), ['private-cow.img.old', 'private.img']);
});

test('one revision is kept, and what is gone back from takes its place', async (t) => {
  const volume = new TestPool(await temporaryFolder(t), 'file').own(VID);
  await volume.create();
  for (const text of ['one', 'two', 'six']) await runWriting(volume, text);
  t.deepEqual(
    (await volume.revisions()).map(({ id }) => id),
    ['old'],
  );
  for (const text of ['two', 'six', 'two']) {
    await volume.revert('old');
    t.is(await readSaved(volume), text);
  }
});

test('blocks that device mapper kept are no revision, and are not laid over what is new', async (t) => {
  const pool = new TestPool(await temporaryFolder(t), 'file');
  const volume = pool.own(VID);
  await volume.create();
  const blocks = (name: string): Promise<void> =>
    writeFile(join(pool.folder, FOLDER, name), Buffer.from('SnAp\x01\0\0\0'));
  await blocks('private-cow.img');
  await blocks('private-cow.img.old');
  t.deepEqual(await volume.revisions(), []);
  await volume.start();
  t.false((await pool.files(FOLDER)).includes('private-cow.img'));
  await volume.stop();
  t.is((await volume.revisions()).length, 1);
  await blocks('private-cow.img');
  await importText(volume, 'new', 4096);
  t.false((await pool.files(FOLDER)).includes('private-cow.img'));
  await blocks('private-cow.img');
  await blocks('private-cow.img.old');
  await volume.remove();
  t.deepEqual(await pool.files('appvms'), []);
});

test('more than one revision cannot be asked for', async (t) => {
  const { pool } = new TestPool(await temporaryFolder(t), 'file');
  const volume = new TestPool(await temporaryFolder(t), 'file').own(VID);
  const refusal = {
    instanceOf: QubesValueError,
    message: 'The driver file keeps at most 1 revision',
  };
  for (const checked of [pool, volume]) {
    t.throws(() => checked.check({ revisionsToKeep: 2 }), refusal);
    t.notThrows(() => checked.check({ revisionsToKeep: 1 }));
    t.notThrows(() => checked.check({ rw: true, ephemeral: true, revisionsToKeep: -1 }));
  }
  await pool.setup();
});
