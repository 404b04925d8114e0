import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { QubesException, QubesVMError, StoragePoolException } from '../../lib/base/admin-error.ts';
import { createDisposable, createQube } from '../../lib/model/create-qube.ts';
import type { WantedQube } from '../../lib/model/create-qube.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { volumeOf } from '../../lib/model/qube-volumes.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import {
  cancelVolumes,
  createVolumes,
  hasOutdatedVolumes,
  startVolumes,
} from '../../lib/model/volumes.ts';
import { stopVolumes, verifyVolumes } from '../../lib/model/volumes.ts';
import { SampleSystem } from '../support/sample-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readDisk, readSaved, runWriting, writeDisk } from '../support/volume-content.ts';

const TEMPLATE = 'fedora-41';
const GiB = 1024 ** 3;

function create(system: SampleSystem, wanted: Partial<WantedQube> = {}): Promise<Qube> {
  const { app } = system;
  return createQube(app, {
    className: 'AppVM',
    name: 'new',
    label: app.label('red'),
    createdBy: app.qubes.admin,
    ...wanted,
  });
}

/** A pool beside that of the system. */
function addPool({ app }: SampleSystem, name: string, folder: string): void {
  const driver = 'file-reflink';
  app.apply(() => {
    app.pools = [
      ...app.pools,
      {
        name,
        driver,
        config: new Map([
          ['dir_path', folder],
          ['driver', driver],
        ]),
      },
    ];
  });
}

function filesOf({ root }: SampleSystem, { folder = '' }: Qube): Promise<readonly string[]> {
  return readdir(join(root, folder)).then((names) => names.toSorted());
}

/** Everything below a folder. */
async function allIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}

function setRevisions(system: SampleSystem, name: string, count: string): void {
  const qube = system.qube(name);
  const record = qube.volumes.get('private') ?? new Map<string, string>();
  system.app.apply(() => {
    qube.setVolume('private', new Map(record).set('revisions_to_keep', count));
  });
}

test('a new qube has its volumes on disk, and takes them with it when it goes', async (t) => {
  const system = await SampleSystem.open(t);
  const other = await temporaryFolder(t);
  addPool(system, 'other', other);
  const before = await allIn(system.root);
  const pools = new Map([['private', 'other']]);
  const qube = await create(system, { className: 'StandaloneVM', pools });
  t.deepEqual(await filesOf(system, qube), ['root.img']);
  t.deepEqual(await readdir(join(other, 'appvms', 'new')), ['private.img']);
  t.is(await volumeOf(qube, 'root').size(), 10 * GiB);
  t.is(await volumeOf(qube, 'private').size(), 2 * GiB);
  await runWriting(volumeOf(qube, 'private'), 'saved');
  await removeQube(system.app, qube);
  t.deepEqual(await allIn(system.root), before);
  t.deepEqual(await allIn(other), ['appvms']);
});

test('a creation that fails at one volume leaves none of the others', async (t) => {
  const system = await SampleSystem.open(t);
  const [other, root] = [await temporaryFolder(t), await temporaryFolder(t)];
  addPool(system, 'other', other);
  addPool(system, 'more', root);
  addPool(system, 'broken', '/proc/nowhere');
  const before = await allIn(system.root);
  for (const pools of [
    { root: 'broken', private: 'other' },
    { root: 'other', private: 'broken' },
    { root: 'more', private: 'broken', volatile: 'other' },
  ]) {
    await t.throwsAsync(
      create(system, { className: 'StandaloneVM', pools: new Map(Object.entries(pools)) }),
      {
        instanceOf: StoragePoolException,
        message: /^Pool broken: cannot create the volume appvms\/new\/(root|private): /,
      },
    );
    t.is(system.app.qubes.find('new'), undefined);
    t.deepEqual(await allIn(system.root), before);
    for (const folder of [other, root]) {
      t.true((await allIn(folder)).every((name) => name === 'appvms'));
    }
  }
  t.is(system.app.changes.length, 3);
  t.truthy(await create(system, { className: 'StandaloneVM' }));
});

test('a creation that cannot be stored leaves no volume in any pool', async (t) => {
  const system = await SampleSystem.open(t);
  const other = await temporaryFolder(t);
  addPool(system, 'other', other);
  await system.app.save();
  system.app.saveWith(() => Promise.reject(new QubesException('The disk is full')));
  await t.throwsAsync(create(system, { className: 'StandaloneVM', pool: 'other' }), {
    message: 'The disk is full',
  });
  t.deepEqual(await allIn(other), ['appvms']);
});

test('what a creation that was killed has left makes way, what has data does not', async (t) => {
  const system = await SampleSystem.open(t);
  const pools = new Map([['private', 'other']]);
  addPool(system, 'other', await temporaryFolder(t));
  const qube = await create(system, { className: 'StandaloneVM', pools });
  const records = qube.volumes;
  await removeQube(system.app, qube);
  await createVolumes(qube, records);
  const again = await create(system, { className: 'StandaloneVM', pools });
  await removeQube(system.app, again);
  await createVolumes(qube, records);
  await runWriting(volumeOf(qube, 'root'), 'of somebody');
  await t.throwsAsync(create(system, { className: 'StandaloneVM', pools }), {
    instanceOf: QubesException,
    message: /appvms\/new: it exists already and is not empty$/,
  });
  t.is(await readSaved(volumeOf(qube, 'root')), 'of somebody');
});

test('a qube whose data cannot be removed is gone all the same, and that is told', async (t) => {
  const system = await SampleSystem.open(t);
  const other = await temporaryFolder(t);
  addPool(system, 'other', other);
  const pools = new Map([['root', 'other']]);
  const qube = await create(system, { className: 'StandaloneVM', pools });
  await rm(join(other, 'appvms', 'new', 'root.img'));
  await mkdir(join(other, 'appvms', 'new', 'root.img'));
  await t.throwsAsync(removeQube(system.app, qube), {
    instanceOf: QubesException,
    message:
      /^new is removed, but its files are not: Pool other: cannot remove the volume appvms\/new\/root: /,
  });
  t.is(system.app.qubes.find('new'), undefined);
  t.false((await readdir(join(system.root, 'appvms'))).includes('new'));
});

test('a qube whose volumes begin from something that is gone stops and goes like any other', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const qube = await create(system);
  await startVolumes(qube);
  const record = new Map(qube.volumes.get('root')).set('source', 'vm-templates/gone/root');
  app.apply(() => qube.setVolume('root', record));
  await t.throwsAsync(startVolumes(qube), {
    message: 'No template of new has the volume vm-templates/gone/root',
  });
  await stopVolumes(qube);
  t.false((await filesOf(system, qube)).includes('root-dirty.img'));
  await t.notThrowsAsync(removeQube(app, qube));
});

test('a qube that starts gets its disks, and loses what is not saved when it stops', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('work');
  await runWriting(volumeOf(system.qube(TEMPLATE), 'root'), 'template');
  const heard: string[] = [];
  system.app.addObserver((subject, event) => heard.push(`${subject?.name ?? ''} ${event}`));
  await verifyVolumes(qube);
  t.deepEqual(heard, ['work domain-verify-files']);
  const folder = join(system.root, 'appvms', 'work');
  t.deepEqual(await startVolumes(qube), [
    { name: 'root', path: join(folder, 'root-dirty.img'), rw: true },
    { name: 'private', path: join(folder, 'private-dirty.img'), rw: true },
    { name: 'volatile', path: join(folder, 'volatile-dirty.img'), rw: true },
    { name: 'kernel', path: join(system.root, 'vm-kernels', '6.6.1', 'modules.img'), rw: false },
  ]);
  t.is(await readDisk(volumeOf(qube, 'root')), 'template');
  for (const name of ['root', 'private', 'volatile']) {
    await writeDisk(volumeOf(qube, name), 'written');
  }
  await stopVolumes(qube);
  t.is(await readSaved(volumeOf(qube, 'private')), 'written');
  const names = await filesOf(system, qube);
  t.deepEqual(
    names.filter((name) => /^(root|volatile)/.test(name)),
    [],
  );
  await startVolumes(qube);
  t.is(await readDisk(volumeOf(qube, 'root')), 'template');
  t.is(await readDisk(volumeOf(qube, 'volatile')), '');
});

test('a qube with its own kernel gets no disk for it', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('work', 'kernel', '');
  const disks = await startVolumes(system.qube('work'));
  t.deepEqual(
    disks.map(({ name }) => name),
    ['root', 'private', 'volatile'],
  );
});

test('a disposable begins as the template of its template, and as its template', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  await runWriting(volumeOf(system.qube(TEMPLATE), 'root'), 'root of it');
  await runWriting(volumeOf(system.qube('default-dvm'), 'private'), 'private of it');
  const qube = await createDisposable(app, system.qube('default-dvm'), app.qubes.admin);
  await startVolumes(qube);
  t.is(await readDisk(volumeOf(qube, 'root')), 'root of it');
  t.is(await readDisk(volumeOf(qube, 'private')), 'private of it');
  await stopVolumes(qube);
  t.deepEqual(await filesOf(system, qube), []);
});

test('a start that fails at one volume leaves none started', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('work');
  const before = await filesOf(system, qube);
  const volatile = join(system.root, 'appvms', 'work', 'volatile-dirty.img');
  await mkdir(volatile);
  await writeFile(join(volatile, 'in the way'), '');
  await t.throwsAsync(startVolumes(qube), {
    instanceOf: StoragePoolException,
    message: /^Pool varlibqubes: cannot start the volume appvms\/work\/volatile: /,
  });
  await rm(volatile, { recursive: true });
  t.deepEqual(await filesOf(system, qube), before);
});

test('a start that is taken back keeps the revisions there were', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('work');
  await runWriting(volumeOf(qube, 'private'), 'saved');
  const before = await filesOf(system, qube);
  await startVolumes(qube);
  await cancelVolumes(qube);
  t.deepEqual(await filesOf(system, qube), before);
});

test('a volume that cannot be saved does not keep the others from it', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('work');
  await startVolumes(qube);
  await writeDisk(volumeOf(qube, 'private'), 'written');
  const root = join(system.root, 'appvms', 'work', 'root-dirty.img');
  await rm(root);
  await mkdir(root);
  await t.throwsAsync(stopVolumes(qube), {
    instanceOf: StoragePoolException,
    message: /^Pool varlibqubes: cannot stop the volume appvms\/work\/root: /,
  });
  t.is(await readSaved(volumeOf(qube, 'private')), 'written');
  t.false(await volumeOf(qube, 'private').isDirty());
});

test('what is missing is told before the start', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('work');
  await rm(join(system.root, 'appvms', 'work', 'private.img'));
  await t.throwsAsync(verifyVolumes(qube), {
    instanceOf: StoragePoolException,
    message:
      /^Missing image file '.*\/appvms\/work\/private.img' for volume appvms\/work\/private$/,
  });
  await rm(join(system.root, 'appvms', 'work'), { recursive: true });
  await t.throwsAsync(verifyVolumes(qube), {
    instanceOf: QubesVMError,
    message: `VM directory does not exist: ${join(system.root, 'appvms', 'work')}`,
  });
});

test('a disposable waits for its template where that writes right into its volume', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const template = system.qube('default-dvm');
  const qube = await createDisposable(app, template, app.qubes.admin);
  setRevisions(system, 'default-dvm', '-1');
  const refusal = {
    instanceOf: QubesVMError,
    message: 'Volume appvms/default-dvm/private is running',
  };
  system.run('default-dvm');
  await t.throwsAsync(startVolumes(qube), refusal);
  system.hypervisor.put(template.uuid, 'Halted');
  await startVolumes(qube);
  await stopVolumes(qube);
  // It ran when the machine went down: what it has left is not saved yet.
  await startVolumes(template);
  await t.throwsAsync(startVolumes(qube), refusal);
  await stopVolumes(template);
  await startVolumes(qube);
});

test('volumes of what runs are outdated once their template has changed', async (t) => {
  const system = await SampleSystem.open(t);
  const [qube, template] = [system.qube('work'), system.qube(TEMPLATE)];
  await startVolumes(qube);
  t.false(await hasOutdatedVolumes(qube));
  await runWriting(volumeOf(template, 'root'), 'newer');
  t.false(await hasOutdatedVolumes(qube));
  system.run('work');
  t.true(await hasOutdatedVolumes(qube));
});
