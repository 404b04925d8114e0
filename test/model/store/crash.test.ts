import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { open, realStore } from '../../support/store.ts';
import { startStoreProcess } from '../../support/store-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KILLS = 20;

test(`a process that is killed while it writes leaves a sound store with all it acknowledged, ${KILLS} times`, async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'qubes.xml'), realStore('xml/store.qubes.xml'));
  let most = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = await startStoreProcess(folder);
    await sleep(Math.random() * 60);
    await writer.kill();
    const { app, close } = await open(folder);
    const count = Number(app.qubes.admin.features.get('count') ?? 0);
    // The write that was going on may have been completed, unheard.
    t.true(count >= writer.acknowledged() && count <= writer.acknowledged() + 1);
    if (count > 0) {
      t.is(app.qubes.admin.features.get(`f${count % 7}`), 'x'.repeat(count % 5000));
      app.apply(() => app.qubes.admin.features.delete('count'));
      await app.save();
    }
    most = Math.max(most, count);
    t.is(app.qubes.size, 12);
    await close();
  }
  t.true(most > 3, 'The writer hardly came to write');
});
