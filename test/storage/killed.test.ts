import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { startVolumeProcess } from '../support/volume-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SIZE, TestPool } from '../support/test-pool.ts';
import { importText } from '../support/volume-content.ts';

const KILLS = 12;
const MOST_MS = 120;

for (const driver of ['file-reflink', 'file']) {
  test.serial(
    `${driver}: whoever works on a volume may be killed: it is old or new, whole`,
    async (t) => {
      const pool = new TestPool(await temporaryFolder(t), driver);
      const volume = pool.own('appvms/work/private');
      for (const one of [volume, pool.own('appvms/other/private')]) {
        await one.create();
        await importText(one, 'b'.repeat(SIZE), SIZE);
      }
      const seen = new Set<string>();
      for (let kill = 0; kill < KILLS; kill++) {
        const writer = await startVolumeProcess(pool.folder, driver);
        await writer.begun;
        await sleep(Math.random() * MOST_MS);
        await writer.kill();
        const content = await readFile(await volume.export(), 'latin1');
        seen.add(content.charAt(0));
        t.is(content, content.charAt(0).repeat(SIZE));
        for (const path of await olderImages(pool)) {
          const older = await readFile(path, 'latin1');
          t.is(older, older.charAt(0).repeat(SIZE));
        }
        // A run that was broken off is gone on with: its qube's file systems know how to.
        await volume.verify();
        await volume.start();
        await volume.stop();
        // What it has left may be of two texts; from here on all is one again, older states too.
        for (let time = 0; time < 2; time++) await importText(volume, 'b'.repeat(SIZE), SIZE);
      }
      t.true(seen.size > 1, `only ${[...seen].join(' ')} was ever saved`);
      await volume.remove();
      t.deepEqual(await pool.files('appvms'), ['other']);
    },
  );
}

async function olderImages(pool: TestPool): Promise<readonly string[]> {
  const names = (await pool.files('appvms/work')).filter((name) => /^private.*(old|Z)$/.test(name));
  return names.map((name) => join(pool.folder, 'appvms/work', name));
}
