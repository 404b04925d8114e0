// The policy files that are installed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import { RIGHTS_TAGS } from '../../lib/base/restore-tags.ts';
import { lintPolicy } from '../../lib/policy/lint/lint-policy.ts';
import { loadPolicy } from '../../lib/policy/load-policy.ts';
import { parseSystemFacts } from '../../lib/policy/system-facts.ts';
import { judge, shortly } from '../support/policy.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'policy');

function qube(...tags: readonly string[]) {
  return { type: 'AppVM', tags, template_for_dispvms: false };
}

/** A manager, a qube with the archive, one that the manager has made, and one that it has not. */
const FACTS = parseSystemFacts(
  JSON.stringify({
    domains: {
      dom0: { ...qube(), type: 'AdminVM' },
      manager: qube('backup-manager'),
      store: qube('backup-storage'),
      made: qube('backup-managed'),
      half: qube('backup-restore-in-progress'),
      work: qube(),
      sandbox: qube('backup-restore-mgmt'),
    },
  }),
);

test('nothing in them is wrong or suspicious', (t) => {
  t.deepEqual(lintPolicy({ folders: [FOLDER], files: [] }, undefined).filter(isNoReadme), []);
});

function isNoReadme({ file }: { readonly file: string }): boolean {
  return !file.endsWith('README.md');
}

/** Calls, and what becomes of them with nothing but these files. */
const CASES: readonly (readonly [call: string, verdict: string])[] = [
  ['qubes.Restore manager store', 'allow store'],
  ['qubes.Restore manager work', 'deny'],
  ['qubes.Restore work store', 'deny'],
  ['qubes.RestoreById+abcd manager store', 'deny'],
  ['qubes.RestoreById+abcd work store', 'deny'],
  ['qubes.RegisterBackupLocation manager store', 'deny'],
  ['qubes.RegisterBackupLocation sandbox store', 'deny'],
  ['qubes.WaitForRunningSystem manager made', 'deny'],
  ['qubes.WaitForSession work made', 'deny'],
  ['qubes.WaitForNetworkUplink manager made', 'deny'],
  ['admin.vm.List manager dom0', 'allow dom0'],
  ['admin.vm.List manager work', 'allow dom0'],
  ['admin.vm.List work dom0', 'deny'],
  ['admin.vm.Create.AppVM+fedora manager dom0', 'allow dom0'],
  ['admin.vm.Create.AppVM+fedora work dom0', 'deny'],
  ['admin.vm.property.Set+netvm manager made', 'allow dom0'],
  ['admin.vm.property.Set+netvm manager work', 'deny'],
  ['admin.vm.property.Set+netvm manager manager', 'deny'],
  ['admin.vm.property.Set+netvm made made', 'deny'],
  ['admin.vm.tag.Set+team manager made', 'allow dom0'],
  ['admin.vm.tag.Set+backup-managed manager work', 'deny'],
  ['admin.vm.tag.Set+team sandbox half', 'allow dom0'],
  ['admin.vm.tag.Remove+backup-restore-in-progress manager made', 'allow dom0'],
  ['admin.vm.tag.Remove+team manager made', 'deny'],
  ['admin.vm.volume.ImportWithSize+private manager made', 'allow dom0'],
  ['admin.vm.volume.ImportWithSize+private manager work', 'deny'],
  ['admin.vm.Remove manager made', 'allow dom0'],
  ['admin.vm.Remove manager store', 'deny'],
  ['admin.vm.device.pci.Assign+x manager made', 'deny'],
  ['admin.vm.device.block.Attach+x manager made', 'deny'],
  ['admin.vm.Start manager made', 'deny'],
];

for (const [call, verdict] of CASES) {
  test(`${call}: ${verdict}`, (t) => {
    t.is(shortly(judge(loadPolicy([FOLDER]), call, FACTS)), verdict);
  });
}

test('nobody but dom0 gives out a tag that rights follow from', (t) => {
  const tags = [...RIGHTS_TAGS, 'backup-restore-mgmt', 'backup-restore-storage'];
  for (const tag of tags) {
    for (const [source, target] of [
      ['manager', 'made'],
      ['sandbox', 'half'],
    ] as const) {
      const call = `admin.vm.tag.Set+${tag} ${source} ${target}`;
      t.is(shortly(judge(loadPolicy([FOLDER]), call, FACTS)), 'deny', call);
    }
  }
});

test('a management qube may call what the disposable may, and the little that is done for that', async (t) => {
  const rulesOf = async (file: string, names: readonly string[]): Promise<readonly string[]> => {
    let text = await readFile(join(FOLDER, file), 'utf8');
    for (const [at, name] of names.entries()) text = text.replaceAll(name, `TAG${at}`);
    return text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/ +/).join(' '));
  };
  const manager = await rulesOf('70-qubes-restore.policy', [
    '@tag:backup-managed',
    '@tag:backup-manager',
    '@tag:backup-storage',
  ]);
  const sandbox = await rulesOf('85-admin-backup-restore.policy', [
    '@tag:backup-restore-in-progress',
    '@tag:backup-restore-mgmt',
    '@tag:backup-restore-storage',
  ]);
  t.deepEqual(
    manager.filter((rule) => !sandbox.includes(rule)),
    [
      'admin.vm.tag.Get +backup-restore-in-progress TAG1 TAG0 allow target=dom0',
      'admin.vm.tag.Remove +backup-restore-in-progress TAG1 TAG0 allow target=dom0',
      'admin.vm.Remove * TAG1 TAG0 allow target=dom0',
      'qubes.Restore * TAG1 TAG2 allow',
    ],
  );
  t.deepEqual(
    sandbox.filter((rule) => !manager.includes(rule)),
    ['qubes.RestoreById * TAG1 TAG2 allow'],
  );
});
