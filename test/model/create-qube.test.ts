import { access, chmod, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import {
  QubesException,
  QubesLabelNotFoundError,
  QubesPropertyValueError,
  QubesValueError,
  QubesVMAlreadyExistsError,
} from '../../lib/base/admin-error.ts';
import { createDisposable, createQube } from '../../lib/model/create-qube.ts';
import type { WantedQube } from '../../lib/model/create-qube.ts';
import { removeLabel } from '../../lib/model/labels.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import { mountSmallDisk } from '../base/small-disk.ts';
import { ableToPreload, NEEDED_TO_PRELOAD } from '../support/able-to-preload.ts';
import { SampleSystem } from '../support/sample-system.ts';

function create(system: SampleSystem, wanted: Partial<WantedQube> = {}) {
  const { app } = system;
  return createQube(app, {
    className: 'AppVM',
    name: 'new',
    label: app.label('red'),
    createdBy: app.qubes.admin,
    ...wanted,
  });
}

async function isThere(system: SampleSystem, ...path: string[]): Promise<boolean> {
  return access(join(system.root, ...path)).then(
    () => true,
    () => false,
  );
}

/** Nothing of the qube `name` is in memory, in the store or on disk. */
async function isGone(system: SampleSystem, name: string): Promise<boolean> {
  const store = await readFile(join(system.root, 'qubes.xml'), 'utf8');
  const isListed = system.app.qubes.find(name) !== undefined;
  return !isListed && !store.includes(`>${name}<`) && !(await isThere(system, 'appvms', name));
}

test('a qube of each class can be created and is stored', async (t) => {
  const system = await SampleSystem.open(t);
  const classes = ['AppVM', 'TemplateVM', 'StandaloneVM', 'DispVM', 'RemoteVM'] as const;
  for (const className of classes) await create(system, { className, name: `new-${className}` });
  const store = await readFile(join(system.root, 'qubes.xml'), 'utf8');
  for (const [index, className] of classes.entries()) {
    const qube = system.qube(`new-${className}`);
    t.is(qube.className, className);
    t.is(qube.qid, 12 + index);
    t.regex(qube.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    t.true(qube.tags.has('created-by-dom0'));
    t.true(store.includes(`<property name="name">new-${className}</property>`));
  }
  t.is(system.get('new-AppVM', 'template'), 'fedora-41');
  t.is(system.get('new-DispVM', 'template'), 'default-dvm');
  t.true(await isThere(system, 'appvms', 'new-AppVM'));
  t.true(await isThere(system, 'vm-templates', 'new-TemplateVM'));
  t.false(await isThere(system, 'appvms', 'new-RemoteVM'));
});

test('a new qube gets the lowest number that is free', async (t) => {
  const system = await SampleSystem.open(t);
  await removeQube(system.app, system.qube('untrusted'));
  t.is((await create(system)).qid, 9);
});

test('a new qube does not look for updates where the system says so', async (t) => {
  const system = await SampleSystem.open(t);
  t.false((await create(system, { name: 'one' })).features.has('check-updates'));
  system.setGlobal('check_updates_vm', 'False');
  t.is((await create(system, { name: 'two' })).features.get('check-updates'), '');
  const remote = await create(system, { className: 'RemoteVM', name: 'three' });
  t.false(remote.features.has('check-updates'));
});

test('a disposable is like its template', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  system.set('default-dvm', 'memory', '600');
  system.set('default-dvm', 'netvm', '');
  system.set('default-dvm', 'guivm', 'vault');
  system.setFeature('default-dvm', 'gui', '1');
  ableToPreload(app, 'default-dvm');
  system.setFeature('default-dvm', 'preload-dispvm-max', '0');
  app.apply(() => system.qube('default-dvm').tags.add('mine'));
  app.apply(() => system.qube('default-dvm').tags.add('created-by-gone'));
  const disposable = await createDisposable(app, system.qube('default-dvm'), system.qube('work'));
  const { name } = disposable;
  t.is(name, `disp${system.get(name, 'dispid')}`);
  t.deepEqual(
    ['memory', 'netvm', 'guivm', 'label', 'auto_cleanup', 'template_for_dispvms', 'template'].map(
      (row) => (disposable.properties.find(row) === undefined ? undefined : system.get(name, row)),
    ),
    ['600', '', 'vault', 'red', 'True', undefined, 'default-dvm'],
  );
  t.deepEqual([...disposable.features.names()], ['gui', ...NEEDED_TO_PRELOAD]);
  t.deepEqual([...disposable.tags].sort(), [
    'audiovm-dom0',
    'created-by-gone',
    'created-by-work',
    'disp-created-by-work',
    'guivm-vault',
    'mine',
  ]);
});

test('a named disposable keeps the label it was asked with', async (t) => {
  const system = await SampleSystem.open(t);
  const label = system.app.label('green');
  await create(system, { className: 'DispVM', label });
  t.is(system.get('new', 'label'), 'green');
  t.is(system.get('new', 'auto_cleanup'), 'False');
});

const IMPOSSIBLE: readonly (readonly [
  title: string,
  wanted: (system: SampleSystem) => Partial<WantedQube>,
  error: new (message: string) => Error,
  message: string,
])[] = [
  [
    'a name that is taken',
    () => ({ name: 'work' }),
    QubesVMAlreadyExistsError,
    'Qube already exists: work',
  ],
  [
    'no name',
    () => ({ name: '9bad' }),
    QubesValueError,
    'VM name cannot start with hyphen, underscore, dot or numbers',
  ],
  [
    'a template that is none',
    (system) => ({ template: system.qube('work') }),
    QubesPropertyValueError,
    "wrong VM class: domains['work'] is of type AppVM and not TemplateVM",
  ],
  [
    'a template that is not one of disposables',
    (system) => ({ className: 'DispVM', template: system.qube('work') }),
    QubesValueError,
    'template for disposable (work) needs to be an AppVM with template_for_dispvms=True',
  ],
  [
    'no template at all',
    (system) => {
      system.setGlobal('default_template', '');
      return {};
    },
    QubesValueError,
    'Template for the qube not specified, nor default template set.',
  ],
  [
    'another dom0',
    () => ({ className: 'AdminVM' }),
    QubesPropertyValueError,
    "property 'qid' on AdminVM instance cannot be set",
  ],
  ['an unknown pool', () => ({ pool: 'nosuch' }), QubesException, 'Unknown storage pool nosuch'],
  [
    'another pool than that of its template',
    () => ({ pools: new Map([['root', 'varlibqubes']]) }),
    QubesException,
    'Snapshot volume root must be in the same pool as its origin (root volume of template),cannot ' +
      'move to pool varlibqubes ',
  ],
];

for (const [title, wanted, error, message] of IMPOSSIBLE) {
  test(`a qube with ${title} cannot be created, and nothing is left of it`, async (t) => {
    const system = await SampleSystem.open(t);
    const asked = wanted(system);
    const before = [...system.app.qubes].map(({ name }) => name);
    const events = await system.eventsOf(() =>
      t.throwsAsync(create(system, asked), { instanceOf: error, message }),
    );
    t.deepEqual(events, []);
    t.deepEqual(
      [...system.app.qubes].map(({ name }) => name),
      before,
    );
    if (asked.name === undefined) t.true(await isGone(system, 'new'));
  });
}

test('a qube that is none of disposables makes no disposable', async (t) => {
  const system = await SampleSystem.open(t);
  t.throws(() => createDisposable(system.app, system.qube('work'), system.app.qubes.admin), {
    instanceOf: QubesException,
    message: 'Refusing to create disposable out of app qube which has template_for_dispvms=False',
  });
});

test('where the folder cannot be made, nothing is left', async (t) => {
  const system = await SampleSystem.open(t);
  await mkdir(join(system.root, 'appvms', 'new'), { recursive: true });
  await writeFile(join(system.root, 'appvms', 'new', 'private.img'), 'precious');
  await t.throwsAsync(create(system), { instanceOf: QubesException, message: /exists already/ });
  t.is(system.app.qubes.find('new'), undefined);
  t.is(await readFile(join(system.root, 'appvms', 'new', 'private.img'), 'utf8'), 'precious');
});

test('where the store cannot be written, nothing is left, and later it works', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  let isFull = true;
  const save = app.save.bind(app);
  app.save = async () => {
    if (!isFull) return save();
    app.changes.rollBackTo(0);
    throw new QubesException('Cannot save qubes.xml: no space left on device');
  };
  await t.throwsAsync(create(system), { instanceOf: QubesException, message: /no space left/ });
  t.true(await isGone(system, 'new'));
  isFull = false;
  t.is((await create(system)).presence, 'listed');
  t.false(await isGone(system, 'new'));
});

test('two who want the same name do not both get it', async (t) => {
  const system = await SampleSystem.open(t);
  const label = system.app.label('green');
  const results = await Promise.allSettled([create(system), create(system, { label })]);
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  t.is(system.get('new', 'label'), 'red');
  t.true(await isThere(system, 'appvms', 'new'));
});

test('qubes created at once get numbers and names of their own', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const template = system.qube('default-dvm');
  const made = await Promise.all([
    ...Array.from({ length: 25 }, (_, index) => create(system, { name: `new${index}` })),
    ...Array.from({ length: 25 }, () => createDisposable(app, template, app.qubes.admin)),
  ]);
  t.is(new Set(made.map(({ qid }) => qid)).size, 50);
  t.is(new Set(made.map(({ name }) => name)).size, 50);
});

test('what goes while a qube is made, goes before it: its template, its label', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  await create(system, { className: 'TemplateVM', name: 'brief' });
  app.labels = [...app.labels, { index: 9, name: 'brief', color: '0x123456' }];
  const templated = create(system, { name: 'one', template: system.qube('brief') });
  const removed = removeQube(app, system.qube('brief'));
  await t.throwsAsync(templated, { instanceOf: QubesPropertyValueError });
  await removed;
  const label = app.label('brief');
  const labelled = create(system, { name: 'two', label });
  app.apply(() => removeLabel(app, label));
  await t.throwsAsync(labelled, { instanceOf: QubesLabelNotFoundError });
  t.true(await isGone(system, 'one'));
  t.true(await isGone(system, 'two'));
});

test('removing a qube that is being made waits until it is made', async (t) => {
  const system = await SampleSystem.open(t);
  const first = await create(system);
  const removed = removeQube(system.app, first);
  const second = create(system);
  await removed;
  t.not((await second).uuid, first.uuid);
  t.true(await isThere(system, 'appvms', 'new'));
});

test('a folder that may not be written is told as an error of the caller', async (t) => {
  if (process.getuid?.() === 0) {
    t.pass('root may write everywhere');
    return;
  }
  const system = await SampleSystem.open(t);
  await chmod(join(system.root, 'appvms'), 0o500);
  await t.throwsAsync(create(system), { instanceOf: QubesException });
  await chmod(join(system.root, 'appvms'), 0o700);
  t.true(await isGone(system, 'new'));
});

const disk = mountSmallDisk(64 * 1024);
process.once('exit', () => disk?.remove());

(disk === undefined ? test.skip : test)(
  'on a full disk a creation leaves nothing, whatever step it comes to',
  async (t) => {
    const system = await SampleSystem.open(t, undefined, disk?.path);
    const { app, root } = system;
    const before = await readFile(join(root, 'qubes.xml'), 'utf8');
    const filler = await open(join(root, 'filler'), 'w');
    for (let isFull = false; !isFull;) {
      isFull = await filler.write(Buffer.alloc(4096)).then(
        () => false,
        () => true,
      );
    }
    const attempts = Array.from({ length: 10 }, (_, index) =>
      create(system, { name: `new${index}` }),
    );
    for (const { status } of await Promise.allSettled(attempts)) t.is(status, 'rejected');
    await t.throwsAsync(create(system), { instanceOf: QubesException, message: /disk is full/ });
    for (const name of ['new', 'new0', 'new9']) t.true(await isGone(system, name));
    t.is(await readFile(join(root, 'qubes.xml'), 'utf8'), before);
    t.is(app.changes.length, 0);
    await filler.truncate();
    await filler.close();
    await create(system);
    t.false(await isGone(system, 'new'));
  },
);

test('a folder of qubes that is none is told as an error of the caller', async (t) => {
  const system = await SampleSystem.open(t);
  await rm(join(system.root, 'appvms'), { recursive: true, force: true });
  await writeFile(join(system.root, 'appvms'), '');
  await t.throwsAsync(create(system), { instanceOf: QubesException });
  t.is(system.app.qubes.find('new'), undefined);
  t.is(system.app.changes.length, 0);
});

test('qubes that come and go at once leave a store and folders that fit', async (t) => {
  const system = await SampleSystem.open(t);
  const { app, root } = system;
  const names = Array.from({ length: 25 }, (_, index) => `new${index}`);
  const first = await Promise.all(names.map((name) => create(system, { name })));
  const label = app.label('green');
  await Promise.all(
    first.flatMap((qube, index) => [
      removeQube(app, qube),
      create(system, { name: names[index] ?? '', label }),
    ]),
  );
  const store = await readFile(join(root, 'qubes.xml'), 'utf8');
  for (const [index, name] of names.entries()) {
    t.not(system.qube(name).uuid, first[index]?.uuid);
    t.is(system.get(name, 'label'), 'green');
    t.is(store.split(`>${name}<`).length, 2);
  }
  const folders = (await readdir(join(root, 'appvms'))).filter((name) => name.startsWith('new'));
  t.deepEqual(folders.toSorted(), names.toSorted());
});
