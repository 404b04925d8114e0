import test from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import type { App } from '../../lib/model/app.ts';
import { layOutVolumes, repointVolumes } from '../../lib/model/lay-out-volumes.ts';
import type { Qube } from '../../lib/model/qube.ts';
import { qubeOf, read, REAL_STORES, realStore } from '../support/store.ts';

function session(): App {
  return read(realStore('admin/session/after.xml')).app;
}

function withPool(
  app: App,
  name: string,
  driver: string,
  ...config: readonly (readonly [string, string])[]
): void {
  app.pools = [...app.pools, { name, driver, config: new Map([['driver', driver], ...config]) }];
}

function places(volumes: ReturnType<typeof layOutVolumes>): readonly string[] {
  return [...volumes].map(
    ([name, record]) => `${name} ${record.get('pool') ?? ''} ${record.get('vid') ?? ''}`,
  );
}

for (const path of REAL_STORES) {
  test(`the qubes of ${path} have the volumes they would get today`, (t) => {
    const { app } = read(realStore(path));
    for (const qube of app.qubes) {
      const wanted = layOutVolumes(qube);
      t.deepEqual([...wanted.keys()], [...qube.volumes.keys()], qube.name);
      for (const [name, record] of wanted) {
        // Sizes and revisions were changed by hand in some of them.
        const changeable = ['size', 'revisions_to_keep'];
        const fixed = (all: ReadonlyMap<string, string>) =>
          [...all].map(([key, value]) => (changeable.includes(key) ? key : `${key}=${value}`));
        t.deepEqual(
          fixed(wanted.get(name) ?? new Map()),
          fixed(qube.volumes.get(name) ?? new Map()),
          `${qube.name}:${name}`,
        );
        if (record.has('source')) t.is(record.get('size'), qube.volumes.get(name)?.get('size'));
      }
    }
  });
}

test('a new qube has exactly the volumes that the reference gave it', (t) => {
  const app = session();
  for (const name of ['newvm2', 'newsa', 'newtpl', 'newdisp']) {
    t.deepEqual([...layOutVolumes(qubeOf(app, name))], [...qubeOf(app, name).volumes], name);
  }
});

test('one pool for all is for what is written and is no copy', (t) => {
  const app = session();
  withPool(app, 'other', 'file-reflink', ['dir_path', '/x'], ['revisions_to_keep', '3']);
  const volumes = layOutVolumes(qubeOf(app, 'work'), { pool: 'other' });
  t.deepEqual(places(volumes), [
    'root varlibqubes appvms/work/root',
    'private other appvms/work/private',
    'volatile other appvms/work/volatile',
    'kernel linux-kernel 6.6.1',
  ]);
  t.is(volumes.get('private')?.get('revisions_to_keep'), '3');
});

test('pools by volume; drivers put volumes where theirs are', (t) => {
  const app = session();
  withPool(app, 'lvm', 'lvm_thin', ['volume_group', 'vg']);
  withPool(app, 'tank', 'zfs', ['container', 'tank/vm']);
  withPool(app, 'files', 'file', ['dir_path', '/x']);
  const pools = new Map([
    ['private', 'lvm'],
    ['volatile', 'files'],
    ['root', 'tank'],
  ]);
  const volumes = layOutVolumes(qubeOf(app, 'newsa'), { pools });
  t.deepEqual(places(volumes), [
    'root tank tank/vm/newsa/root',
    'private lvm vg/vm-newsa-private',
    'volatile files appvms/newsa/volatile',
    'kernel linux-kernel 6.6.1',
  ]);
  t.deepEqual(
    ['private', 'volatile'].map((name) => volumes.get(name)?.get('revisions_to_keep')),
    ['1', '0'],
  );
});

const REFUSED: readonly (readonly [string, Parameters<typeof layOutVolumes>[1], string])[] = [
  [
    'a copy in another pool',
    { pools: new Map([['root', 'linux-kernel']]) },
    'Snapshot volume root must be in the same pool as its origin (root volume of template),cannot move to pool linux-kernel ',
  ],
  ['an unknown pool', { pool: 'nosuch' }, 'Unknown storage pool nosuch'],
  [
    'data among the kernels',
    { pool: 'linux-kernel' },
    'Pool linux-kernel holds only kernels, not the volume private',
  ],
];
for (const [what, wanted, message] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    const work = qubeOf(session(), 'work');
    t.throws(() => layOutVolumes(work, wanted), { instanceOf: QubesException, message });
  });
}

test('a disposable takes pool, rw and ephemeral of its template over', (t) => {
  const app = session();
  withPool(app, 'other', 'file-reflink', ['dir_path', '/x']);
  const template = qubeOf(app, 'default-dvm');
  const change = (volume: string, ...pairs: readonly (readonly [string, string])[]): void =>
    template.setVolume(volume, new Map([...(template.volumes.get(volume) ?? []), ...pairs]));
  change('volatile', ['pool', 'other'], ['ephemeral', 'True']);
  change('root', ['rw', 'False']);
  change('private', ['size', '4']);
  const volumes = layOutVolumes(qubeOf(app, 'newdisp'));
  t.deepEqual(
    [...(volumes.get('volatile') ?? [])],
    [
      ['name', 'volatile'],
      ['pool', 'other'],
      ['vid', 'appvms/newdisp/volatile'],
      ['revisions_to_keep', '1'],
      ['rw', 'True'],
      ['save_on_stop', 'False'],
      ['snap_on_start', 'False'],
      ['ephemeral', 'True'],
      ['size', '12884901888'],
    ],
  );
  t.is(volumes.get('root')?.get('rw'), 'False');
  t.is(volumes.get('root')?.get('source'), 'vm-templates/fedora-41/root');
  t.is(volumes.get('private')?.get('size'), '4');
});

test('volumes that a template has beyond its class come along', (t) => {
  const app = session();
  const more = new Map([
    ['name', 'more'],
    ['pool', 'varlibqubes'],
    ['vid', 'vm-templates/fedora-41/more'],
    ['size', '5'],
  ]);
  qubeOf(app, 'fedora-41').setVolume('more', more);
  t.deepEqual(
    layOutVolumes(qubeOf(app, 'work')).get('more'),
    new Map(more).set('vid', 'appvms/work/more'),
  );
});

test('another template: copies begin from its volumes, what was set for them stays', (t) => {
  const app = session();
  const set = (
    qube: Qube,
    volume: string,
    ...pairs: readonly (readonly [string, string])[]
  ): void => qube.setVolume(volume, new Map([...(qube.volumes.get(volume) ?? []), ...pairs]));
  const other = qubeOf(app, 'newtpl');
  const work = qubeOf(app, 'work');
  set(other, 'root', ['size', '77']);
  set(work, 'root', ['rw', 'False']);
  const before = work.volumes.get('private');
  work.put('template', other);
  repointVolumes(work);
  t.is(work.volumes.get('root')?.get('source'), 'vm-templates/newtpl/root');
  t.is(work.volumes.get('root')?.get('size'), '77');
  t.is(work.volumes.get('root')?.get('rw'), 'False');
  t.is(work.volumes.get('private'), before);
  withPool(app, 'lvm', 'lvm_thin', ['volume_group', 'vg'], ['revisions_to_keep', '2']);
  set(other, 'root', ['pool', 'lvm'], ['vid', 'vg/vm-newtpl-root']);
  repointVolumes(work);
  t.deepEqual([...(work.volumes.get('root') ?? [])].slice(1, 4), [
    ['pool', 'lvm'],
    ['vid', 'vg/vm-work-root'],
    ['revisions_to_keep', '2'],
  ]);
  t.is(work.volumes.get('root')?.get('source'), 'vg/vm-newtpl-root');
});

test('the kernel volume follows the kernel of the qube, of its template and of the system', (t) => {
  const app = session();
  const vids = (): readonly (string | undefined)[] =>
    ['work', 'disp1234', 'newsa', 'fedora-41'].map((name) =>
      qubeOf(app, name).volumes.get('kernel')?.get('vid'),
    );
  const set = (qube: string, value: string): void => {
    qubeOf(app, qube).set(qubeOf(app, qube).property('kernel'), value);
  };
  t.deepEqual(vids(), ['6.6.1', '6.6.1', '6.6.1', '6.6.1']);
  set('fedora-41', '');
  t.deepEqual(vids(), ['', '', '6.6.1', '']);
  app.set(app.property('default_kernel'), '');
  t.deepEqual(vids(), ['', '', '', '']);
  qubeOf(app, 'fedora-41').reset({ name: 'kernel' });
  t.deepEqual(vids(), ['', '', '', '']);
});
