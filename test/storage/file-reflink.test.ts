import { copyFile, link, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { StoragePoolException } from '../../lib/base/admin-error.ts';
import { fileExists } from '../../lib/storage/files/files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestPool } from '../support/test-pool.ts';
import { readDisk, readSaved, runWriting } from '../support/volume-content.ts';

const FOLDER = 'appvms/work';
const VID = `${FOLDER}/private`;

test('files have the names of the reference', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const volume = pool.own(VID, { revisions_to_keep: '2' });
  t.is(volume.path, join(pool.folder, `${VID}-dirty.img`));
  await volume.create();
  await utimes(join(pool.folder, `${VID}.img`), 1_700_000_000, 1_700_000_000.9);
  await volume.start();
  t.deepEqual(await pool.files(FOLDER), ['private-dirty.img', 'private.img']);
  t.is(await volume.disk(), volume.path);
  await volume.stop();
  t.deepEqual(await pool.files(FOLDER), ['private.img', 'private.img.1@2023-11-14T22:13:20Z']);
  t.is(await volume.importBegin(1), join(pool.folder, `${VID}-import.img`));
  const [revision] = await volume.revisions();
  t.like(revision, { id: '1', time: 1_700_000_000 });
});

test('revisions are numbered on, the oldest go, and what is gone back from becomes one', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const volume = pool.own(VID, { revisions_to_keep: '3' });
  await volume.create();
  for (const text of ['one', 'two', 'three', 'four', 'five']) await runWriting(volume, text);
  const ids = async (): Promise<readonly string[]> =>
    (await volume.revisions()).map(({ id }) => id);
  t.deepEqual(await ids(), ['3', '4', '5']);
  await volume.revert('4');
  t.is(await readSaved(volume), 'three');
  t.deepEqual(await ids(), ['3', '5', '6']);
  await volume.revert();
  t.is(await readSaved(volume), 'fivee');
  t.deepEqual(await ids(), ['3', '5', '7']);
  await runWriting(volume, 'more');
  t.deepEqual(await ids(), ['5', '7', '8']);
});

test('how many revisions stay follows the volume; ten come after nine', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const keeping = (count: string): ReturnType<TestPool['own']> =>
    pool.own(VID, { revisions_to_keep: count });
  await keeping('9').create();
  for (let run = 0; run < 12; run++) await runWriting(keeping('9'), `run ${run}`);
  t.deepEqual(
    (await keeping('9').revisions()).map(({ id }) => id),
    ['4', '5', '6', '7', '8', '9', '10', '11', '12'],
  );
  await runWriting(keeping('0'), 'none');
  t.deepEqual(await keeping('0').revisions(), []);
});

test('what another program left is read: its copy ahead is not used when it is stale', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const path = (name: string): string => join(pool.folder, FOLDER, name);
  await mkdir(path(''), { recursive: true });
  await writeFile(path('private.img'), 'saved');
  await writeFile(path('private-precache.img'), 'stale');
  await writeFile(path('private.img~x8s1'), 'half a resize');
  await writeFile(path('private-dirty.img~ab'), 'half a start');
  await writeFile(path('private.img.9@2024-02-29T00:00:01Z~q'), 'half a revision');
  await writeFile(path('private.img.9@2024-02-29T00:00:01Z'), 'older');
  await writeFile(path('private.img.10@2024-03-01T00:00:01Z'), 'old');
  await writeFile(path('private2.img'), 'of a neighbour');
  await writeFile(path('private.img.backup'), 'of a person');
  const volume = pool.own(VID, { revisions_to_keep: '2' });
  t.like(await volume.revisions(), [
    { id: '9', time: Date.UTC(2024, 1, 29, 0, 0, 1) / 1000 },
    { id: '10', time: Date.UTC(2024, 2, 1, 0, 0, 1) / 1000 },
  ]);
  await volume.start();
  t.is(await readDisk(volume), 'saved');
  t.deepEqual(await pool.files(FOLDER), [
    'private-dirty.img',
    'private.img',
    'private.img.10@2024-03-01T00:00:01Z',
    'private.img.9@2024-02-29T00:00:01Z',
    'private.img.backup',
    'private2.img',
  ]);
});

test('a copy ahead never outlives what it is a copy of', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const volume = pool.own(VID);
  await volume.create();
  const ahead = join(pool.folder, `${VID}-precache.img`);
  for (const work of [
    () => volume.start(),
    () => volume.stop(),
    () => volume.importBegin(1).then(() => volume.importEnd(true)),
    () => volume.revert(),
    () => volume.remove(),
  ]) {
    await writeFile(ahead, 'stale');
    await work();
    t.false(await fileExists(ahead), String(work));
  }
});

test('a revision that a crash left as a second name of what is saved is one', async (t) => {
  const pool = new TestPool(await temporaryFolder(t));
  const volume = pool.own(VID, { revisions_to_keep: '5' });
  await volume.create();
  await runWriting(volume, 'saved');
  const image = join(pool.folder, `${VID}.img`);
  await link(image, `${image}.2@2024-03-01T00:00:01Z`);
  await volume.resize(4096);
  await copyFile(image, `${image}~gone`);
  await runWriting(volume, 'again');
  await volume.revert('2');
  t.is(await readSaved(volume), 'saved');
  t.is(await volume.size(), 1024 * 1024);
});

test('a new pool gets its folders; where blocks cannot be shared, only if that is accepted', async (t) => {
  const folder = await temporaryFolder(t);
  // Plain temporary folders are on all kinds of file systems; /dev/shm never shares blocks.
  const shared = `/dev/shm/qubes-rpc-${process.pid}`;
  t.teardown(() => new TestPool(shared).pool.destroy());
  const refusal = {
    instanceOf: StoragePoolException,
    message:
      `The filesystem for '${shared}' does not support reflinks. If you can live with delays on ` +
      'VM startup/shutdown/etc. and wasted disk space, pass the ' +
      "'setup_check=False' option.",
  };
  const { pool } = new TestPool(shared);
  await t.throwsAsync(pool.setup(), refusal);
  await t.throwsAsync(pool.setup(new Map([['setup_check', 'True']])), refusal);
  t.false(await fileExists(shared));
  await pool.setup(new Map([['setup_check', 'no']]));
  const there = new TestPool(shared);
  t.deepEqual(await there.files(''), ['appvms', 'vm-templates']);
  await t.throwsAsync(pool.setup(), refusal);
  t.deepEqual(await there.files(''), ['appvms', 'vm-templates']);
  await there.own(VID).create();
  await pool.destroy();
  t.deepEqual(await there.files(''), ['appvms']);
  await there.own(VID).remove();
  await writeFile(join(folder, 'file'), '');
  await t.throwsAsync(new TestPool(join(folder, 'file')).pool.setup(), {
    instanceOf: StoragePoolException,
    message: /^Pool testpool: cannot use the folder .*: it is not a folder$/,
  });
});
