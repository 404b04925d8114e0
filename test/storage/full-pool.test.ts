import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { StoragePoolException } from '../../lib/base/admin-error.ts';
import { MiB } from '../../lib/base/size.ts';
import { mountSmallDisk } from '../base/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SIZE, TestPool } from '../support/test-pool.ts';
import { readSaved, runWriting, writeAt } from '../support/volume-content.ts';

const DISK = 4 * MiB;
const disk = mountSmallDisk(DISK);
process.once('exit', () => disk?.remove());
/** It takes root to mount a small disk; the skips are counted. */
const onFullDisk = disk === undefined ? test.skip : test.serial;

const TEXT = 'x'.repeat(SIZE);

onFullDisk('a pool that is full is named, and what was saved stays', async (t) => {
  const pool = new TestPool(join(disk?.path ?? '', 'pool'));
  const full = {
    instanceOf: StoragePoolException,
    message: 'Pool testpool is full: cannot start the volume appvms/work/private',
  };
  const volume = pool.own('appvms/work/private');
  await volume.create();
  await runWriting(volume, TEXT);
  const filler = join(disk?.path ?? '', 'filler');
  await t.throwsAsync(writeFile(filler, Buffer.alloc(DISK)), { code: 'ENOSPC' });
  const before = await pool.files('appvms/work');
  await t.throwsAsync(volume.start(), full);
  t.deepEqual(await pool.files('appvms/work'), before);
  t.is(await readSaved(volume), 'x'.repeat(4096));
  const elsewhere = new TestPool(await temporaryFolder(t)).own('appvms/other/private');
  await elsewhere.create();
  await runWriting(elsewhere, TEXT);
  await t.throwsAsync(volume.importVolume(elsewhere), {
    ...full,
    message: 'Pool testpool is full: cannot import data into the volume appvms/work/private',
  });
  t.deepEqual(await pool.files('appvms/work'), before);
  await t.throwsAsync(writeAt(await volume.importBegin(SIZE), TEXT), { code: 'ENOSPC' });
  await volume.importEnd(false);
  t.is(await readSaved(volume), 'x'.repeat(4096));
  await rm(filler);
  await volume.start();
  await volume.stop();
});
