import test from 'ava';

import { ProtocolError, QubesException, QubesValueError } from '../../lib/base/admin-error.ts';
import { FolderStorage } from '../../lib/storage/folder-storage.ts';
import type { PoolDriver } from '../../lib/storage/storage.ts';

const storage = new FolderStorage('/nowhere');

function driver(name: string): PoolDriver {
  const found = storage.drivers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no driver ${name}`);
  return found;
}

function configOf(name: string, options: Readonly<Record<string, string>>): [string, string][] {
  return [...driver(name).configOf('new', new Map(Object.entries(options)))];
}

test('the drivers and their options are those of the reference, in its order', (t) => {
  t.deepEqual(
    storage.drivers.map(({ name, options, required }) => [name, options, required]),
    [
      ['file', ['revisions_to_keep', 'dir_path', 'ephemeral_volatile'], ['dir_path']],
      [
        'file-reflink',
        ['revisions_to_keep', 'dir_path', 'setup_check', 'ephemeral_volatile'],
        ['dir_path'],
      ],
      ['linux-kernel', ['dir_path'], ['dir_path']],
      [
        'lvm_thin',
        ['revisions_to_keep', 'volume_group', 'thin_pool', 'ephemeral_volatile'],
        ['volume_group', 'thin_pool'],
      ],
    ],
  );
});

test('a new pool is stored with the attributes and the order of the reference', (t) => {
  t.deepEqual(configOf('file-reflink', { setup_check: 'no', dir_path: '/srv/./pool//a/' }), [
    ['dir_path', '/srv/pool/a'],
    ['driver', 'file-reflink'],
    ['revisions_to_keep', '1'],
    ['ephemeral_volatile', 'False'],
  ]);
  t.deepEqual(configOf('linux-kernel', { dir_path: '/' }), [
    ['dir_path', '/'],
    ['driver', 'linux-kernel'],
  ]);
  t.deepEqual(
    configOf('lvm_thin', {
      thin_pool: 'vm-pool',
      ephemeral_volatile: 'on',
      volume_group: 'qubes_dom0',
      revisions_to_keep: '-1',
    }),
    [
      ['volume_group', 'qubes_dom0'],
      ['thin_pool', 'vm-pool'],
      ['driver', 'lvm_thin'],
      ['revisions_to_keep', '-1'],
      ['ephemeral_volatile', 'True'],
    ],
  );
});

test('options that are not known or missing are told as by the reference', (t) => {
  t.throws(() => configOf('file', { dir_path: '/x', setup_check: 'no' }), {
    instanceOf: ProtocolError,
    message: 'Unexpected driver options found',
  });
  t.throws(() => configOf('lvm_thin', {}), {
    instanceOf: QubesException,
    message: 'missing required driver options: volume_group thin_pool',
  });
});

const BAD: readonly [string, Readonly<Record<string, string>>][] = [
  ['file-reflink', { dir_path: 'relative' }],
  ['file-reflink', { dir_path: '' }],
  ['file-reflink', { dir_path: '/x\0y' }],
  ['file-reflink', { dir_path: '/x', setup_check: 'maybe' }],
  ['file-reflink', { dir_path: '/x', ephemeral_volatile: '' }],
  ['file-reflink', { dir_path: '/x', revisions_to_keep: '-2' }],
  ['file-reflink', { dir_path: '/x', revisions_to_keep: '1.5' }],
  ['file-reflink', { dir_path: '/x', revisions_to_keep: '9999999999' }],
  ['file', { dir_path: '/x', revisions_to_keep: '2' }],
  ['lvm_thin', { volume_group: '-a', thin_pool: 'p' }],
  ['lvm_thin', { volume_group: 'a/b', thin_pool: 'p' }],
  ['lvm_thin', { volume_group: 'a', thin_pool: '..' }],
];

for (const [name, options] of BAD) {
  test(`refused: ${name} with ${JSON.stringify(options)}`, (t) => {
    t.throws(() => configOf(name, options), { instanceOf: QubesValueError });
  });
}

test('a pool of a driver that is not installed cannot be opened', (t) => {
  t.throws(() => storage.pool({ name: 'p', driver: 'zfs', config: new Map() }), {
    message: "Unknown storage pool driver 'zfs'",
  });
});
