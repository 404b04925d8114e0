import { access, appendFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { DEBIAN_PACKAGES } from '../../rpm/control-files.ts';
import { writeDebianPackage } from '../../rpm/debian-package.ts';
import type { Entry } from '../../rpm/entry.ts';
import { fileList } from '../../rpm/file-list.ts';
import { fileEntry } from '../../rpm/new-entry.ts';
import { QUBES_OS } from '../../rpm/place.ts';
import { readProject } from '../../rpm/project.ts';
import { sandbox } from '../support/sandbox.ts';
import { debianRoot } from './debian-root.ts';
import { packageFile } from './install.ts';
import { LATER, release } from './release.ts';
import { testInRoot } from './root.ts';

const LONG = 10 * 60 * 1000;

const FOLDER = '/etc/qubes/rpc-config';
/** Of a person; of a person and of a later version; of a later version. */
const [OF_PERSON, OF_BOTH, OF_LATER] = [
  `${FOLDER}/qubes.WaitForSession`,
  `${FOLDER}/qubes.WaitForRunningSystem`,
  `${FOLDER}/qubes.WaitForNetworkUplink`,
] as const;
const NEW = '# Of a later version.\n';

async function conffilesOf(t: ExecutionContext, file: string): Promise<readonly string[]> {
  const control = join(await sandbox(t), 'control');
  await execa('dpkg-deb', ['--control', file, control]);
  const text = await readFile(join(control, 'conffiles'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

test('what may be changed in packages for Debian is what may be in those for Fedora', async (t) => {
  t.timeout(LONG);
  const made = await release();
  for (const name of DEBIAN_PACKAGES) {
    const query = ['--query', '--configfiles', '--package', packageFile(made, name)];
    const { stdout } = await execa('rpm', query);
    const files = stdout.split('\n').filter(Boolean);
    t.deepEqual(await conffilesOf(t, made.file(`qubes-rpc-${name}_`)), files, name);
  }
});

/** Packages as they would be if nobody else had any of our names. */
async function writePackages(
  t: ExecutionContext,
  version: string,
  change: (entry: Entry) => Entry,
): Promise<readonly string[]> {
  const { tree: root } = await release();
  const entries = await fileList(root, join(root, 'dist'), { ...QUBES_OS, isTaken: () => false });
  const source = {
    root,
    project: { ...(await readProject(root)), version },
    entries: entries.map(change),
  };
  const folder = await sandbox(t);
  const names = ['restore', 'vm'] as const;
  return Promise.all(
    names.map((name) => writeDebianPackage(name, source, folder, join(folder, name))),
  );
}

testInRoot('dpkg keeps configuration that a person has changed, until a purge', async (t) => {
  t.timeout(LONG);
  const first = await writePackages(t, '0.1.0', (entry) => entry);
  const later = await writePackages(t, LATER.version, (entry) =>
    entry.path === OF_BOTH || entry.path === OF_LATER
      ? { ...entry, ...fileEntry(entry.path, Buffer.from(NEW), entry.packages) }
      : entry,
  );
  for (const file of [...first, ...later]) {
    const expected = basename(file).startsWith('qubes-rpc-vm_')
      ? [OF_LATER, OF_BOTH, OF_PERSON]
      : [];
    t.deepEqual(await conffilesOf(t, file), expected, file);
  }
  const root = await debianRoot(t);
  const text = (path: string): Promise<string> => readFile(root.at(path), 'utf8');
  await root.dpkg('--install', ...first);
  const [ofPerson, ofLater] = [await text(OF_PERSON), await text(OF_LATER)];
  for (const path of [OF_PERSON, OF_BOTH]) await appendFile(root.at(path), '# By a person.\n');

  await root.dpkg('--install', '--force-confold', ...later);
  t.is(await text(OF_PERSON), `${ofPerson}# By a person.\n`);
  t.regex(await text(OF_BOTH), /# By a person\.\n$/);
  t.is(await text(`${OF_BOTH}.dpkg-dist`), NEW);
  t.is(await text(OF_LATER), NEW);
  await root.dpkg('--install', '--force-confold', ...first);
  t.is(await text(OF_PERSON), `${ofPerson}# By a person.\n`);
  t.is(await text(OF_LATER), ofLater);

  await root.dpkg('--remove', 'qubes-rpc-vm', 'qubes-rpc-restore');
  t.is(await text(OF_PERSON), `${ofPerson}# By a person.\n`);
  t.regex(await text(OF_BOTH), /# By a person\.\n$/);
  await root.dpkg('--purge', 'qubes-rpc-vm', 'qubes-rpc-restore');
  for (const path of [OF_PERSON, OF_BOTH, `${OF_BOTH}.dpkg-dist`, OF_LATER]) {
    await t.throwsAsync(access(root.at(path)), { code: 'ENOENT' }, path);
  }
});
