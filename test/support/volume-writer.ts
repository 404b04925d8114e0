// A program for tests: runs, imports into, clones, resizes and reverts a volume of the pool in the
// folder given, over and over. Each content it is given is one text all over: whoever finds another
// has found two of them mixed.
import { truncate, writeFile } from 'node:fs/promises';

import type { Volume } from '../../lib/storage/storage.ts';
import { SIZE, TestPool } from './test-pool.ts';

const [folder = '', driver] = process.argv.slice(2);
const pool = new TestPool(folder, driver);
const volume = pool.own('appvms/work/private', { revisions_to_keep: '1' });
const other = pool.own('appvms/other/private', { revisions_to_keep: '1' });

/** All of a file, in two steps, so that a kill comes between them. */
async function fill(path: string, letter: string): Promise<void> {
  const half = letter.repeat(SIZE / 2);
  await truncate(path, 0);
  await writeFile(path, half, { flag: 'r+' });
  await writeFile(path, half, { flag: 'a' });
}

async function run(one: Volume, letter: string): Promise<void> {
  await one.start();
  await fill((await one.disk()) ?? '', letter);
  await one.stop();
}

async function takeIn(letter: string): Promise<void> {
  await fill(await volume.importBegin(SIZE), letter);
  await volume.importEnd(true);
}

async function work(): Promise<never> {
  await run(other, 'o');
  process.stdout.write('begun\n');
  for (;;) {
    await run(volume, 'r');
    await takeIn('i');
    await volume.importVolume(other);
    await volume.revert();
  }
}

void work();
