import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { sandbox } from '../support/sandbox.ts';
import { fileList } from '../../rpm/file-list.ts';
import { QUBES_OS } from '../../rpm/place.ts';
import { release } from './release.ts';
import { pathsNotIn, treeOf, treeOfEntries } from './tree.ts';

const LONG = 10 * 60 * 1000;

for (const name of ['restore', 'vm', 'doc'] as const) {
  test(`qubes-rpc-${name} for Debian holds what that for Fedora holds`, async (t) => {
    t.timeout(LONG);
    const { tree, file } = await release();
    const folder = join(await sandbox(t), 'unpacked');
    await mkdir(folder);
    await execa('dpkg-deb', ['--extract', file(`qubes-rpc-${name}_`), folder]);
    const entries = await fileList(tree, join(tree, 'dist'), QUBES_OS);
    const expected = await treeOfEntries(entries.filter(({ packages }) => packages.includes(name)));
    const found = await treeOf(folder);
    for (const [path, line] of expected) t.is(found.get(path), line, path);
    for (const path of pathsNotIn(found, expected))
      t.regex(found.get(path) ?? '', / folder$/, path);
  });
}

test('packages for Debian say what they need, and put back what was taken over', async (t) => {
  t.timeout(LONG);
  const { file, version, folder } = await release();
  const field = async (name: string, of: string): Promise<string> =>
    (await execa('dpkg-deb', ['--field', file(`qubes-rpc-${name}_`), of])).stdout;
  t.is(await field('restore', 'Depends'), 'nodejs (>= 20.11)');
  t.is(await field('vm', 'Depends'), `qubes-rpc-restore (= ${version})`);
  t.is(await field('doc', 'Version'), version);
  const control = join(await sandbox(t), 'control');
  await execa('dpkg-deb', ['--control', file('qubes-rpc-vm_'), control]);
  t.deepEqual((await readdir(control)).sort(), ['control', 'prerm']);
  const debs = (await readdir(folder)).filter((one) => one.endsWith('.deb'));
  t.is(debs.length, 3, 'and there is none for dom0');
});
