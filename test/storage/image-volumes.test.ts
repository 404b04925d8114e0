import { open as openFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { StoragePoolException } from '../../lib/base/admin-error.ts';
import { GiB } from '../../lib/base/size.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SIZE, TestPool } from '../support/test-pool.ts';
import { importText, readDisk, readSaved } from '../support/volume-content.ts';
import { runWriting, writeAt, writeDisk } from '../support/volume-content.ts';

// What both drivers that keep volumes as images promise.
for (const driver of ['file-reflink', 'file']) {
  const open = async (t: Parameters<typeof temporaryFolder>[0]): Promise<TestPool> =>
    new TestPool(await temporaryFolder(t), driver);

  test(`${driver}: what a qube writes is saved when it stops, not before`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    t.is(await volume.size(), SIZE);
    t.is(await volume.usage(), 0);
    await volume.verify();
    await volume.start();
    await writeDisk(volume, 'written');
    t.true(await volume.isDirty());
    t.is(await readSaved(volume), '');
    t.true((await volume.usage()) > 0);
    await volume.stop();
    t.false(await volume.isDirty());
    t.is(await readSaved(volume), 'written');
    t.is(await volume.size(), SIZE);
  });

  test(`${driver}: nothing is left of a start that was broken off`, async (t) => {
    const pool = await open(t);
    const volume = pool.own('appvms/work/private');
    await volume.create();
    const before = await pool.files('appvms/work');
    await writeFile(join(pool.folder, 'appvms/work', 'private-dirty.img~0d6ba4d1'), 'x');
    await volume.stop();
    t.deepEqual(await pool.files('appvms/work'), before);
  });

  test(`${driver}: a run that was not ended is gone on with, and saved then`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await volume.start();
    await writeDisk(volume, 'before the crash');
    await volume.start();
    t.is(await readDisk(volume), 'before the crash');
    await volume.stop();
    t.is(await readSaved(volume), 'before the crash');
  });

  test(`${driver}: a volatile volume is empty at each start, and gone at each stop`, async (t) => {
    const pool = await open(t);
    const volume = pool.volume('appvms/work/volatile', {});
    await volume.create();
    await volume.verify();
    for (const text of ['one', 'two']) {
      await volume.start();
      t.is(await readDisk(volume), '');
      t.is((await stat((await volume.disk()) ?? '')).size, SIZE);
      await writeDisk(volume, text);
      t.false(await volume.isDirty());
      await volume.stop();
      t.deepEqual(await pool.files('appvms/work'), []);
    }
    t.is(await volume.size(), SIZE);
    t.is(await volume.usage(), 0);
  });

  test(`${driver}: a snapshot begins as what the template has saved, and is dropped`, async (t) => {
    const pool = await open(t);
    const root = pool.own('vm-templates/fedora-41/root');
    const snapshot = pool.snapshot('appvms/work/root', root);
    await root.create();
    await snapshot.create();
    await runWriting(root, 'template');
    await root.start();
    await writeDisk(root, 'not yet saved');
    await snapshot.start();
    t.is(await readDisk(snapshot), 'template');
    await writeDisk(snapshot, 'changed!');
    t.is(await readSaved(root), 'template');
    t.false(await snapshot.isOutdated());
    await root.stop();
    t.true(await snapshot.isOutdated());
    t.is(await readDisk(snapshot), 'changed!');
    await snapshot.stop();
    t.false(await snapshot.isOutdated());
    t.deepEqual(await pool.files('appvms/work'), []);
    await snapshot.start();
    t.is(await readDisk(snapshot), 'not yet saved');
    t.false(await snapshot.isOutdated());
  });

  test(`${driver}: a snapshot that ran when the machine went down begins anew`, async (t) => {
    const pool = await open(t);
    const root = pool.own('vm-templates/fedora-41/root');
    const snapshot = pool.snapshot('appvms/work/root', root);
    await root.create();
    await runWriting(root, 'template');
    await snapshot.start();
    await writeDisk(snapshot, 'of the run that broke off');
    await snapshot.start();
    t.is(await readDisk(snapshot), 'template');
  });

  test(`${driver}: data that are missing are told before the start`, async (t) => {
    const pool = await open(t);
    const root = pool.own('vm-templates/fedora-41/root');
    const snapshot = pool.snapshot('appvms/work/root', root);
    const missing = {
      instanceOf: StoragePoolException,
      message: new RegExp(`^Missing image file '${pool.folder}/vm-templates/fedora-41/root.img' `),
    };
    await t.throwsAsync(root.verify(), missing);
    await t.throwsAsync(snapshot.verify(), {
      ...missing,
      message: /for volume appvms\/work\/root$/,
    });
    await t.throwsAsync(root.start(), {
      instanceOf: StoragePoolException,
      message: /^Pool testpool: cannot start the volume vm-templates.*does not exist$/,
    });
    await t.throwsAsync(pool.volume('appvms/work/root', { snap_on_start: 'True' }).verify(), {
      message: "snap_on_start specified on 'root' but no volume source set",
    });
  });

  test(`${driver}: a volume goes with all its files, its folder when it is the last`, async (t) => {
    const pool = await open(t);
    const [one, other] = [pool.own('appvms/work/root'), pool.own('appvms/work/private')];
    for (const volume of [one, other]) {
      await volume.create();
      await runWriting(volume, 'saved');
      await volume.importBegin(SIZE);
    }
    await one.importEnd(false);
    await one.start();
    await one.remove();
    t.true((await pool.files('appvms/work')).every((name) => name.startsWith('private')));
    await other.remove();
    t.deepEqual(await pool.files('appvms'), []);
    await other.remove();
  });

  test(`${driver}: what is left of a volume of that name does not come back`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await runWriting(volume, 'of another qube');
    await volume.start();
    await volume.create();
    t.is(await readSaved(volume), '');
    t.false(await volume.isDirty());
    t.deepEqual(await volume.revisions(), []);
  });

  test(`${driver}: an import replaces all when it is complete, and nothing before`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await runWriting(volume, 'old');
    await writeAt(await volume.importBegin(2 * SIZE), 'new');
    t.is(await readSaved(volume), 'old');
    t.is(await volume.size(), SIZE);
    await volume.importEnd(false);
    t.is(await readSaved(volume), 'old');
    await t.throwsAsync(volume.importEnd(true), {
      instanceOf: StoragePoolException,
      message: 'No import operation in progress on appvms/work/private',
    });
    await importText(volume, 'new', 2 * SIZE);
    t.is(await readSaved(volume), 'new');
    t.is(await volume.size(), 2 * SIZE);
    await volume.revert();
    t.is(await readSaved(volume), 'old');
    t.is(await volume.size(), SIZE);
  });

  test(`${driver}: an import that nobody ended is gone after the next start`, async (t) => {
    const pool = await open(t);
    const volume = pool.own('appvms/work/private');
    await volume.create();
    await writeAt(await volume.importBegin(SIZE), 'half');
    await volume.importBegin(SIZE);
    await volume.start();
    t.false((await pool.files('appvms/work')).includes('private-import.img'));
  });

  test(`${driver}: nothing is imported into what does not keep it, or keeps another`, async (t) => {
    const pool = await open(t);
    const [own, volatile] = [
      pool.own('appvms/work/private'),
      pool.volume('appvms/work/volatile', {}),
    ];
    await own.create();
    await t.throwsAsync(volatile.importBegin(SIZE), {
      message: 'Cannot import data: appvms/work/volatile is not save_on_stop',
    });
    await t.throwsAsync(volatile.export(), {
      message: 'Cannot export: appvms/work/volatile is not save_on_stop',
    });
    await t.throwsAsync(own.importVolume(volatile), { instanceOf: StoragePoolException });
    await volatile.importVolume(own);
    await own.start();
    for (const work of [own.importBegin(SIZE), own.importVolume(own)]) {
      await t.throwsAsync(work, {
        instanceOf: StoragePoolException,
        message: 'Cannot import data to dirty volume appvms/work/private, stop the qube first',
      });
    }
  });

  test(`${driver}: a clone is what is saved, from another pool as well`, async (t) => {
    const pool = await open(t);
    const other = new TestPool(await temporaryFolder(t), 'file');
    const source = other.own('appvms/old/private', { size: String(3 * SIZE) });
    const clone = pool.own('appvms/new/private');
    await source.create();
    await clone.create();
    await runWriting(source, 'saved');
    await source.start();
    await writeDisk(source, 'not saved');
    await clone.importVolume(source);
    t.is(await readSaved(clone), 'saved');
    t.is(await clone.size(), 3 * SIZE);
    t.is((await clone.revisions()).length, 1);
    t.deepEqual(
      (await pool.files('appvms/new')).filter((name) => name.includes('import')),
      [],
    );
  });

  test(`${driver}: a clone that fails leaves what was there`, async (t) => {
    const pool = await open(t);
    const [source, clone] = [pool.own('appvms/old/private'), pool.own('appvms/new/private')];
    await clone.create();
    await runWriting(clone, 'mine');
    const before = await pool.files('appvms/new');
    await t.throwsAsync(clone.importVolume(source), {
      instanceOf: StoragePoolException,
      message: /^Pool testpool: cannot import data into the volume appvms\/new\/private: /,
    });
    t.is(await readSaved(clone), 'mine');
    t.deepEqual(await pool.files('appvms/new'), before);
  });

  test(`${driver}: who reads what is saved reads all of it, though it becomes smaller`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await importText(volume, 'all of it', SIZE);
    const reader = await openFile(await volume.export());
    t.teardown(() => reader.close());
    await volume.resize(3);
    t.is(await readSaved(volume), 'all');
    t.true((await reader.readFile('latin1')).startsWith('all of it'));
  });

  test(`${driver}: a volume grows and shrinks, halted or running`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await runWriting(volume, 'kept');
    await volume.resize(1024 * GiB);
    t.is(await volume.size(), 1024 * GiB);
    t.true((await volume.usage()) < SIZE);
    await volume.start();
    await volume.resize(4 * SIZE);
    t.is((await stat((await volume.disk()) ?? '')).size, 4 * SIZE);
    await volume.stop();
    t.is(await volume.size(), 4 * SIZE);
    t.is(await readSaved(volume), 'kept');
  });

  test(`${driver}: what running snapshots began from keeps its size`, async (t) => {
    const pool = await open(t);
    const root = pool.own('vm-templates/fedora-41/root');
    const snapshot = pool.snapshot('appvms/work/root', root);
    await root.create();
    await runWriting(root, 'template');
    await snapshot.start();
    await root.resize(2 * SIZE);
    t.is(await root.size(), 2 * SIZE);
    t.is(await snapshot.size(), SIZE);
    t.true(await snapshot.isOutdated());
    t.is(await readSaved(root), 'template');
    await snapshot.resize(3 * SIZE);
    t.is(await snapshot.size(), 3 * SIZE);
    t.is(await root.size(), 2 * SIZE);
  });

  test(`${driver}: a volume that is only read keeps its size`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private', { rw: 'False' });
    await volume.create();
    await t.throwsAsync(volume.resize(2 * SIZE), {
      instanceOf: StoragePoolException,
      message: 'Cannot resize: appvms/work/private is read-only',
    });
  });

  test(`${driver}: without snapshots changes go right into the volume`, async (t) => {
    const pool = await open(t);
    const kept = pool.own('appvms/work/private');
    await kept.create();
    await runWriting(kept, 'saved before');
    const volume = pool.own('appvms/work/private', { revisions_to_keep: '-1' });
    t.true(volume.snapshotsDisabled);
    t.is((await volume.revisions()).length, 1);
    await volume.start();
    t.deepEqual(await volume.revisions(), []);
    await volume.verify();
    await t.throwsAsync(volume.export(), {
      message: 'Volume appvms/work/private must be stopped before importing its data',
    });
    await writeDisk(volume, 'changed');
    await volume.start();
    t.is((await pool.files('appvms/work')).length, 1);
    await volume.stop();
    t.is(await readSaved(volume), 'changedefore');
    t.deepEqual(await volume.revisions(), []);
  });

  test(`${driver}: a start that led to nothing leaves no revision`, async (t) => {
    const pool = await open(t);
    const root = pool.own('vm-templates/fedora-41/root');
    const own = pool.own('appvms/work/private');
    const direct = pool.own('appvms/work/direct', { revisions_to_keep: '-1' });
    const snapshot = pool.snapshot('appvms/work/root', root);
    const volatile = pool.volume('appvms/work/volatile', {});
    for (const volume of [root, own, direct, snapshot, volatile]) await volume.create();
    await runWriting(own, 'saved');
    const before = await pool.files('appvms/work');
    for (const volume of [own, direct, snapshot, volatile]) {
      await volume.start();
      await volume.cancelStart();
    }
    t.deepEqual(await pool.files('appvms/work'), before);
    await own.start();
    await writeDisk(own, 'of a run that broke off');
    await own.start();
    await own.cancelStart();
    t.is(await readDisk(own), 'of a run that broke off');
  });

  test(`${driver}: a revision that is not there is told, and one of a run is not touched`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await t.throwsAsync(volume.revert(), {
      instanceOf: StoragePoolException,
      message: 'Cannot revert: appvms/work/private has no revision to go back to',
    });
    await runWriting(volume, 'saved');
    await t.throwsAsync(volume.revert('77'), {
      message: 'Cannot revert: appvms/work/private has no revision 77',
    });
    await volume.start();
    await t.throwsAsync(volume.revert(), {
      message: 'Cannot revert: appvms/work/private is not cleanly stopped',
    });
    t.is(await readSaved(volume), 'saved');
  });

  test(`${driver}: work on one volume is done one after another`, async (t) => {
    const volume = (await open(t)).own('appvms/work/private');
    await volume.create();
    await volume.start();
    const work = [volume.stop(), volume.start(), volume.stop(), importText(volume, 'new', SIZE)];
    await Promise.all(work);
    t.is(await readSaved(volume), 'new');
  });

  test(`${driver}: a vid that would lead out of the pool is refused`, async (t) => {
    const pool = await open(t);
    for (const vid of ['../other/root', '/etc/passwd', 'appvms//root', '', 'appvms/./root']) {
      t.throws(() => pool.own(vid), { instanceOf: StoragePoolException }, vid);
    }
  });

  test(`${driver}: the use of a pool is that of its file system; none where it is not there`, async (t) => {
    const { pool } = await open(t);
    const { size, usage } = (await pool.usage()) ?? { size: 0, usage: 0 };
    t.true(size > usage && usage > 0);
    t.deepEqual([...(await pool.usageDetails()).keys()], ['data_size', 'data_usage']);
    const gone = new TestPool('/nowhere/at/all', driver);
    t.is(await gone.pool.usage(), undefined);
    t.deepEqual(await gone.pool.usageDetails(), new Map());
    t.deepEqual(await pool.listVolumes(), []);
  });
}
