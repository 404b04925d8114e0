import test from 'ava';

import { StoragePoolException } from '../../lib/base/admin-error.ts';
import { PlayedLvm } from '../support/played-lvm.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SIZE, TestPool } from '../support/test-pool.ts';

const CONFIG = { volume_group: 'group', thin_pool: 'pool' };
const PRIVATE = 'group/vm-work-private';
const BACK = /^vm-work-private-\d+-back$/;

type T = Parameters<typeof temporaryFolder>[0];

function pool(config = CONFIG): TestPool {
  return new TestPool('', 'lvm_thin', config);
}

function create(name: string, bytes = SIZE): string {
  return `lvm lvcreate --thin --setactivationskip=n --activate=y --name=${name} --virtualsize=${bytes}B -- group/pool`;
}

function clone(from: string, name: string): string {
  return `lvm lvcreate --setactivationskip=n --activate=y --snapshot --type=thin --name=${name} -- group/${from}`;
}

function remove(name: string): readonly string[] {
  return [`blkdiscard -p 1G /dev/group/${name}`, `lvm lvremove --force -- group/${name}`];
}

/** A time in a name stands as N. */
function timeless(calls: readonly string[]): readonly string[] {
  return calls.map((call) => call.replaceAll(/\d{10}/g, 'N'));
}

async function opened(t: T): Promise<{ lvm: PlayedLvm; pool: TestPool }> {
  return { lvm: await PlayedLvm.open(t), pool: pool() };
}

// PATH belongs to the process: one test at a time has its own LVM on it.
const play = test.serial;

play('a volume of its own is created, started, saved and removed by these commands', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE);
  await volume.create();
  t.deepEqual(await lvm.calls(), [create('vm-work-private')]);
  t.is(volume.path, '/dev/mapper/group-vm--work--private');
  t.is(await volume.disk(), '/dev/mapper/group-vm--work--private--snap');
  await volume.verify();
  await volume.start();
  t.deepEqual(await lvm.calls(), [clone('vm-work-private', 'vm-work-private-snap')]);
  t.true(await volume.isDirty());
  await volume.start();
  t.deepEqual(await lvm.calls(), []);
  await volume.stop();
  t.deepEqual(timeless(await lvm.calls()), [
    'lvm lvrename -- group/vm-work-private group/vm-work-private-N-back',
    'lvm lvrename -- group/vm-work-private-snap group/vm-work-private',
  ]);
  t.false(await volume.isDirty());
  const [revision] = await volume.revisions();
  t.regex(revision?.id ?? '', /^\d{10}-back$/);
  t.is(`${revision?.time}-back`, revision?.id ?? '');
  await volume.start();
  await volume.remove();
  t.deepEqual(await lvm.names(), []);
});

play('revisions of one second get names of their own, and the oldest go', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE, { revisions_to_keep: '2' });
  await volume.create();
  for (let run = 0; run < 4; run++) {
    await volume.start();
    await volume.stop();
  }
  const names = await lvm.names();
  t.is(names.filter((name) => BACK.test(name)).length, 2);
  t.is(names.length, 3);
});

play('a volatile volume is made anew at each start', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.volume('group/vm-work-volatile', {});
  await volume.create();
  await volume.verify();
  t.deepEqual(await lvm.calls(), []);
  await volume.start();
  await volume.start();
  const name = 'vm-work-volatile';
  t.deepEqual(await lvm.calls(), [create(name), ...remove(name), create(name)]);
  t.is(await volume.disk(), '/dev/mapper/group-vm--work--volatile');
  await volume.stop();
  t.deepEqual(await lvm.calls(), remove(name));
});

play('a snapshot begins from what the template has saved, and is dropped', async (t) => {
  const { lvm, pool } = await opened(t);
  const root = pool.own('group/vm-fedora-41-root');
  const snapshot = pool.snapshot('group/vm-work-root', root);
  await t.throwsAsync(snapshot.verify(), {
    instanceOf: StoragePoolException,
    message: 'volume group/vm-fedora-41-root missing',
  });
  await root.create();
  await snapshot.create();
  await snapshot.verify();
  await lvm.calls();
  await snapshot.start();
  t.deepEqual(await lvm.calls(), [clone('vm-fedora-41-root', 'vm-work-root-snap')]);
  t.false(await snapshot.isOutdated());
  await root.start();
  await root.stop();
  t.true(await snapshot.isOutdated());
  t.is(await snapshot.size(), SIZE);
  await lvm.calls();
  await snapshot.start();
  t.deepEqual(await lvm.calls(), [
    ...remove('vm-work-root-snap'),
    clone('vm-fedora-41-root', 'vm-work-root-snap'),
  ]);
  await snapshot.stop();
  t.deepEqual(await lvm.calls(), remove('vm-work-root-snap'));
  await snapshot.stop();
  t.deepEqual(await lvm.calls(), []);
});

play('an import becomes the volume when it is complete, and nothing before', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE);
  await volume.create();
  await lvm.calls();
  t.is(await volume.importBegin(4096), '/dev/group/vm-work-private-import');
  t.deepEqual(await lvm.calls(), [create('vm-work-private-import', 4096)]);
  for (const work of [() => volume.importBegin(1), () => volume.start(), () => volume.revert()]) {
    await t.throwsAsync(work, {
      instanceOf: StoragePoolException,
      message: `Import operation in progress on ${PRIVATE}`,
    });
  }
  await volume.importEnd(false);
  t.deepEqual(await lvm.calls(), remove('vm-work-private-import'));
  await t.throwsAsync(volume.importEnd(true), {
    message: `No import operation in progress on ${PRIVATE}`,
  });
  await volume.importBegin(4096);
  await volume.importEnd(true);
  t.is(await volume.size(), 4096);
  t.is((await volume.revisions()).length, 1);
  await volume.start();
  await t.throwsAsync(volume.importBegin(1), {
    message: `Cannot import data to dirty volume ${PRIVATE}, stop the qube first`,
  });
  const volatile = pool.volume('group/vm-work-volatile', {});
  await t.throwsAsync(volatile.importBegin(1), {
    message: 'Cannot import data: group/vm-work-volatile is not save_on_stop',
  });
});

play('a clone within the pool shares its blocks, one from another pool is copied', async (t) => {
  const { lvm, pool } = await opened(t);
  const [source, volume] = [pool.own('group/vm-old-private'), pool.own(PRIVATE)];
  await source.create();
  await volume.create();
  await lvm.calls();
  await volume.importVolume(source);
  t.deepEqual(timeless(await lvm.calls()), [
    clone('vm-old-private', 'vm-work-private-import'),
    'lvm lvrename -- group/vm-work-private group/vm-work-private-N-back',
    'lvm lvrename -- group/vm-work-private-import group/vm-work-private',
  ]);
  const files = new TestPool(await temporaryFolder(t));
  const image = files.own('appvms/old/private', { size: '8192' });
  await image.create();
  await volume.importVolume(image);
  const [made, copied] = await lvm.calls();
  t.is(made, create('vm-work-private-import', 8192));
  t.is(
    copied,
    `dd if=${files.folder}/appvms/old/private.img of=/dev/group/vm-work-private-import ` +
      'conv=sparse,nocreat,fsync bs=128K status=none',
  );
  t.is(await volume.size(), 8192);
  await lvm.fail('dd', 'dd: error writing: Input/output error\n');
  await t.throwsAsync(volume.importVolume(image), {
    instanceOf: StoragePoolException,
    message: `Pool testpool: cannot import data into the volume ${PRIVATE}: dd: error writing: Input/output error`,
  });
  t.false((await lvm.names()).includes('vm-work-private-import'));
  t.is(await volume.size(), 8192);
  await volume.importVolume(pool.volume('group/vm-work-volatile', {})).then(
    () => t.fail(),
    (error: unknown) => t.true(error instanceof StoragePoolException),
  );
});

play('what it goes back from stays as a revision', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE, { revisions_to_keep: '5' });
  await volume.create();
  await t.throwsAsync(volume.revert(), {
    message: `Cannot revert: ${PRIVATE} has no revision to go back to`,
  });
  await volume.start();
  await t.throwsAsync(volume.revert(), {
    message: `Cannot revert dirty volume ${PRIVATE}, stop the qube first`,
  });
  await volume.stop();
  const [revision] = await volume.revisions();
  await lvm.calls();
  await volume.revert(revision?.id);
  t.deepEqual(timeless(await lvm.calls()), [
    clone('vm-work-private-N-back', 'vm-work-private-import'),
    'lvm lvrename -- group/vm-work-private group/vm-work-private-N-back',
    'lvm lvrename -- group/vm-work-private-import group/vm-work-private',
  ]);
  t.is((await volume.revisions()).length, 2);
  await t.throwsAsync(volume.revert('1-back'), { message: /has no revision 1-back$/ });
});

play('sizes change where the data are: of the run, else of what is saved', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE);
  t.is(await volume.size(), SIZE);
  await volume.create();
  await lvm.calls();
  await volume.resize(SIZE);
  t.deepEqual(await lvm.calls(), []);
  await volume.resize(8192);
  t.deepEqual(await lvm.calls(), ['lvm lvresize --yes --size=8192B -- group/vm-work-private']);
  await volume.start();
  await lvm.calls();
  await volume.resize(4096);
  t.deepEqual(await lvm.calls(), ['lvm lvresize --yes --size=4096B -- group/vm-work-private-snap']);
  t.is(await volume.size(), 4096);
  t.is(await volume.usage(), 8192 / 8);
  await t.throwsAsync(pool.own(PRIVATE, { rw: 'False' }).resize(1), {
    message: `Cannot resize: ${PRIVATE} is read-only`,
  });
});

play('without snapshots the volume itself is the disk', async (t) => {
  const { lvm, pool } = await opened(t);
  const kept = pool.own(PRIVATE);
  await kept.create();
  await kept.start();
  await kept.stop();
  const volume = pool.own(PRIVATE, { revisions_to_keep: '-1' });
  await volume.start();
  t.deepEqual(await lvm.names(), ['vm-work-private']);
  t.is(await volume.disk(), '/dev/mapper/group-vm--work--private');
  await volume.stop();
  t.deepEqual(await lvm.names(), ['vm-work-private']);
});

play('a start that led to nothing is taken back; what an earlier run left stays', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE);
  await volume.create();
  await volume.start();
  await volume.cancelStart();
  t.deepEqual(await lvm.names(), ['vm-work-private']);
  await volume.start();
  await pool.own(PRIVATE).stop();
  await volume.start();
  // Another process finds what this one has left.
  const later = new TestPool('', 'lvm_thin', CONFIG).own(PRIVATE);
  await later.start();
  await later.cancelStart();
  t.true((await lvm.names()).includes('vm-work-private-snap'));
});

play('where a change of names broke off, the latest revision is what is saved', async (t) => {
  const at = { size: 1, origin: '' };
  const lvm = await PlayedLvm.open(t, {
    'vm-work-private-1700000001-back': at,
    'vm-work-private-1700000002-back': { size: 4096, origin: '' },
    'vm-work-private-x-1700000009-back': at,
  });
  const volume = pool().own(PRIVATE);
  await volume.verify();
  t.is(await volume.size(), 4096);
  t.is(await volume.export(), '/dev/mapper/group-vm--work--private--1700000002--back');
  t.deepEqual(await lvm.calls(), [
    'lvm lvchange --activate=y -- group/vm-work-private-1700000002-back',
  ]);
  await volume.exportEnd('');
  await volume.start();
  await volume.stop();
  t.is(await volume.size(), 4096);
  t.like(await volume.revisions(), [{ id: '1700000002-back', time: 1_700_000_002 }]);
});

play('a pool must be a thin pool that is there', async (t) => {
  await opened(t);
  await pool().pool.setup();
  await pool().pool.destroy();
  const setup = (thin_pool: string): Promise<void> => pool({ ...CONFIG, thin_pool }).pool.setup();
  await t.throwsAsync(setup('none'), {
    instanceOf: StoragePoolException,
    message: 'Thin pool group/none does not exist',
  });
  await t.throwsAsync(setup('plain'), { message: 'Volume group/plain is not a thin pool' });
});

play('a pool knows its use, and the volumes of its qubes', async (t) => {
  const at = { size: 1, origin: '' };
  await PlayedLvm.open(t, {
    'vm-a-root': at,
    'vm-a-root-snap': at,
    'vm-a-root-import': at,
    'vm-a-root-1700000001-back': at,
    'vm-b-private': at,
  });
  const { pool: thin } = pool();
  t.deepEqual(await thin.listVolumes(), ['group/vm-a-root', 'group/vm-b-private']);
  t.deepEqual(await thin.usage(), { size: 1_000_000, usage: 125_000 });
  t.deepEqual(
    [...(await thin.usageDetails())],
    [
      ['data_size', 1_000_000],
      ['data_usage', 125_000],
      ['metadata_size', 4096],
      ['metadata_usage', 2048],
    ],
  );
  t.is(thin.place, 'group/pool');
});

play('what LVM complains of is told, with the pool and the volume', async (t) => {
  const { lvm, pool } = await opened(t);
  const volume = pool.own(PRIVATE);
  await lvm.fail('lvcreate', '  Volume group "group" has insufficient free space (0 extents).\n');
  await t.throwsAsync(volume.create(), {
    instanceOf: StoragePoolException,
    message:
      /^Pool testpool is full: cannot create the volume group\/vm-work-private: Volume group/,
  });
  await lvm.fail('lvcreate', 'WARNING: a size exceeds the size of thin pool.\nNo such pool.\n');
  await t.throwsAsync(volume.create(), {
    message: 'Pool testpool: cannot create the volume group/vm-work-private: No such pool.',
  });
  await lvm.fail('lvs', '');
  for (const work of [() => volume.size(), () => pool.pool.usage()]) {
    await t.throwsAsync(work, {
      instanceOf: StoragePoolException,
      message: /^Pool testpool: cannot .*: the program lvm failed$/,
    });
  }
});

play('without LVM that is said', async (t) => {
  const before = process.env['PATH'];
  process.env['PATH'] = await temporaryFolder(t);
  t.teardown(() => {
    process.env['PATH'] = before;
  });
  await t.throwsAsync(pool().own(PRIVATE).create(), {
    instanceOf: StoragePoolException,
    message: `Pool testpool: cannot create the volume ${PRIVATE}: the program lvm is missing`,
  });
});

play('a vid that LVM could take for something else is refused', (t) => {
  for (const vid of ['group', 'group/a/b', '-x/y', 'group/-y', 'group/..', 'group/a b', '']) {
    t.throws(() => pool().own(vid), { instanceOf: StoragePoolException }, vid);
  }
});
