import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';
import test from 'ava';

import { MiB } from '../../lib/base/size.ts';
import type { Volume } from '../../lib/storage/storage.ts';
import { mountLoopDisk } from '../support/loop-disk.ts';
import { TestPool } from '../support/test-pool.ts';
import { readSaved, writeAt, writeDisk } from '../support/volume-content.ts';

const DISK = 400 * MiB;
const DATA = 40 * MiB;
/** What the file system writes down about files, and logs. */
const SLACK = 8 * MiB;

for (const kind of ['btrfs', 'xfs'] as const) {
  const disk = mountLoopDisk(kind, DISK);
  if (typeof disk === 'string') {
    test.skip(`on ${kind} copies share their blocks (${disk})`, () => undefined);
    continue;
  }
  process.once('exit', () => disk.remove());

  test.serial(`on ${kind} copies share their blocks`, async (t) => {
    const pool = new TestPool(join(disk.path, 'pool'));
    await pool.pool.setup();
    const size = String(2 * DATA);
    const root = pool.own('vm-templates/fedora-41/root', { size });
    const clone = pool.own('vm-templates/clone/root', { size, revisions_to_keep: '3' });
    const snapshot = pool.snapshot('appvms/work/root', root);
    for (const volume of [root, clone, snapshot]) await volume.create();
    await fill(root);
    const before = await used(disk.path);
    t.true(before > DATA);
    await clone.importVolume(root);
    await snapshot.start();
    for (let run = 0; run < 3; run++) {
      await clone.start();
      await writeDisk(clone, `run ${run}`);
      await clone.stop();
    }
    await clone.resize(3 * DATA);
    t.is((await clone.revisions()).length, 3);
    t.true((await used(disk.path)) - before < SLACK);
    t.is(await readSaved(clone), `run 2${'x'.repeat(4096 - 5)}`);
    const usage = await clone.usage();
    t.true(usage >= DATA && usage < DATA + SLACK);
    await rm(pool.folder, { recursive: true });
  });

  test.serial(`on ${kind} an image of a terabyte costs nothing and comes at once`, async (t) => {
    const pool = new TestPool(join(disk.path, 'pool'));
    await pool.pool.setup();
    const before = await used(disk.path);
    const volume = pool.own('appvms/big/private', { size: String(2 ** 40) });
    await volume.create();
    const start = performance.now();
    await volume.start();
    await writeAt((await volume.disk()) ?? '', 'end', 2 ** 40 - 3);
    await volume.stop();
    t.true(performance.now() - start < 5000);
    t.is(await volume.size(), 2 ** 40);
    t.true((await used(disk.path)) - before < SLACK);
    await rm(pool.folder, { recursive: true });
  });
}

async function fill(volume: Volume): Promise<void> {
  const path = await volume.importBegin(2 * DATA);
  await writeAt(path, 'x'.repeat(DATA));
  await volume.importEnd(true);
}

/** Bytes in use on a file system. */
async function used(path: string): Promise<number> {
  await execa('sync', ['--file-system', path]);
  const { stdout } = await execa('df', ['--block-size=1', '--output=used', path]);
  return Number(stdout.split('\n')[1]);
}
