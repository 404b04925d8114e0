import test from 'ava';

import { MiB } from '../../lib/base/size.ts';
import { makeThinPool } from '../support/loop-thin-pool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestPool } from '../support/test-pool.ts';
import { importText, readDisk, readSaved, runWriting } from '../support/volume-content.ts';

const SIZE = 8 * MiB;
const size = String(SIZE);
const TITLE = 'volumes of a real thin pool are saved, imported, cloned and gone back';

const made = makeThinPool(400 * MiB);
if (typeof made === 'string') {
  test.skip(`${TITLE} (${made})`, () => undefined);
} else {
  process.once('exit', () => made.remove());
  test(TITLE, async (t) => {
    const config = { volume_group: made.group, thin_pool: made.thinPool };
    const pool = new TestPool('', 'lvm_thin', config);
    await pool.pool.setup();
    const root = pool.own(`${made.group}/vm-fedora-41-root`, { size });
    const volume = pool.own(`${made.group}/vm-work-private`, { size });
    const snapshot = pool.snapshot(`${made.group}/vm-work-root`, root, { size });
    for (const one of [root, volume]) await one.create();
    await runWriting(root, 'template');
    await snapshot.start();
    t.is(await readDisk(snapshot), 'template');
    t.false(await snapshot.isOutdated());
    await runWriting(root, 'newer');
    t.true(await snapshot.isOutdated());
    await snapshot.stop();
    await importText(volume, 'imported', SIZE);
    t.is(await readSaved(volume), 'imported');
    await volume.importVolume(root);
    t.is(await readSaved(volume), 'newerate');
    await volume.revert();
    t.is(await readSaved(volume), 'imported');
    const image = new TestPool(await temporaryFolder(t)).own('appvms/other/private', { size });
    await image.create();
    await runWriting(image, 'of a file');
    await volume.importVolume(image);
    t.is(await readSaved(volume), 'of a file');
    await volume.resize(2 * SIZE);
    t.is(await volume.size(), 2 * SIZE);
    for (const one of [snapshot, volume, root]) await one.remove();
    t.deepEqual(await pool.pool.listVolumes(), []);
  });
}
