import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { QubesValueError, StoragePoolException } from '../../lib/base/admin-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestPool } from '../support/test-pool.ts';

const KERNEL = { name: 'kernel', rw: 'False', size: '', revisions_to_keep: '0' };

async function open(t: Parameters<typeof temporaryFolder>[0]): Promise<TestPool> {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, '6.6.1'));
  return new TestPool(folder, 'linux-kernel');
}

test('a kernel gives its modules to read, if it has some', async (t) => {
  const pool = await open(t);
  const kernel = pool.volume('6.6.1', KERNEL);
  t.is(kernel.path, join(pool.folder, '6.6.1', 'modules.img'));
  t.is(await kernel.disk(), undefined);
  await writeFile(kernel.path, 'modules');
  t.is(await kernel.disk(), kernel.path);
  t.is(await kernel.export(), kernel.path);
  t.is(await kernel.size(), 0);
  t.is(await kernel.usage(), 0);
  t.false(await kernel.isDirty());
  t.false(await kernel.isOutdated());
  t.deepEqual(await kernel.revisions(), []);
  for (const work of ['create', 'start', 'stop', 'cancelStart', 'remove'] as const) {
    await kernel[work]();
  }
  t.is(await kernel.disk(), kernel.path);
});

test('a kernel must be there to start with', async (t) => {
  const pool = await open(t);
  await t.throwsAsync(pool.volume('6.6.1', KERNEL).verify(), {
    instanceOf: StoragePoolException,
    message: `Missing file: ${join(pool.folder, '6.6.1', 'vmlinuz')}`,
  });
  await writeFile(join(pool.folder, '6.6.1', 'vmlinuz'), '');
  await t.notThrowsAsync(pool.volume('6.6.1', KERNEL).verify());
});

test('a qube with its own kernel gets nothing and needs nothing', async (t) => {
  const none = (await open(t)).volume('', KERNEL);
  t.is(none.path, '');
  t.is(await none.disk(), undefined);
  await t.notThrowsAsync(none.verify());
  await t.throwsAsync(none.export(), { message: 'Cannot export a kernel: there is none' });
});

test('kernels are as dom0 installed them', async (t) => {
  const pool = await open(t);
  const kernel = pool.volume('6.6.1', KERNEL);
  const work = {
    resize: () => kernel.resize(1),
    'import data into': () => kernel.importBegin(1),
    revert: () => kernel.revert(),
  };
  for (const [doing, action] of Object.entries(work)) {
    await t.throwsAsync(action, {
      instanceOf: StoragePoolException,
      message: `Cannot ${doing} a kernel: 6.6.1 is read-only`,
    });
  }
  await t.throwsAsync(kernel.importEnd(true), { instanceOf: StoragePoolException });
  await t.notThrowsAsync(kernel.importVolume(pool.volume('', KERNEL)));
  const image = new TestPool(await temporaryFolder(t)).own('appvms/work/private');
  await t.throwsAsync(async () => kernel.importVolume(image), {
    instanceOf: StoragePoolException,
    message: 'clone of LinuxModules volume from different volume type is not supported',
  });
});

test('what cannot be set of them is told in the words of the reference', async (t) => {
  const { pool } = await open(t);
  const kernel = new TestPool(pool.place ?? '', 'linux-kernel').volume('6.6.1', KERNEL);
  const refused = (work: () => void, message: string): void => {
    t.throws(work, { instanceOf: QubesValueError, message });
  };
  refused(
    () => pool.check({ revisionsToKeep: 1 }),
    'LinuxKernel supports only revisions_to_keep=0',
  );
  refused(
    () => kernel.check({ revisionsToKeep: 1 }),
    'LinuxModules supports only revisions_to_keep=0',
  );
  refused(() => kernel.check({ rw: true }), 'LinuxModules supports only read-only volumes');
  refused(
    () => kernel.check({ ephemeral: false }),
    'LinuxModules does not support setting ephemeral value',
  );
  t.notThrows(() => kernel.check({ rw: false, revisionsToKeep: 0 }));
  t.notThrows(() => pool.check({ revisionsToKeep: 0 }));
});

test('a pool lists its kernels; how much they take is the affair of the disk they are on', async (t) => {
  const { pool, folder } = await open(t);
  await mkdir(join(folder, '5.15.2'));
  t.deepEqual(await pool.listVolumes(), ['5.15.2', '6.6.1']);
  t.is(await pool.usage(), undefined);
  t.deepEqual(await pool.usageDetails(), new Map());
  const fresh = new TestPool(join(folder, 'more'), 'linux-kernel').pool;
  await t.throwsAsync(fresh.listVolumes(), { instanceOf: StoragePoolException });
  await fresh.setup();
  await fresh.destroy();
  t.deepEqual(await fresh.listVolumes(), []);
});
