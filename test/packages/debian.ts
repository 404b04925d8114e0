import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa, execaSync } from 'execa';

import { bundledLibraries } from '../../rpm/bundled.ts';
import { DEBIAN_PACKAGES } from '../../rpm/control-files.ts';
import { fileList } from '../../rpm/file-list.ts';
import { QUBES_OS } from '../../rpm/place.ts';
import { sandbox } from '../support/sandbox.ts';
import { release } from './release.ts';
import { pathsNotIn, treeOf, treeOfEntries } from './tree.ts';

const LONG = 10 * 60 * 1000;

/** What is in packages for Debian besides. */
const DEBIAN_ONLY =
  /^\/usr\/share\/(?:doc\/qubes-rpc-\w+\/copyright|lintian\/overrides\/qubes-rpc-\w+)$/;

for (const name of DEBIAN_PACKAGES) {
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
    const more = pathsNotIn(found, expected).filter((path) => !DEBIAN_ONLY.test(path));
    for (const path of more) t.regex(found.get(path) ?? '', / folder$/, path);
  });
}

test('packages for Debian say what they need, and put back what was taken over', async (t) => {
  t.timeout(LONG);
  const { file, version, folder } = await release();
  const field = async (name: string, of: string): Promise<string> =>
    (await execa('dpkg-deb', ['--field', file(`qubes-rpc-${name}_`), of])).stdout;
  t.is(await field('restore', 'Depends'), 'nodejs (>= 20.11)');
  t.is(await field('vm', 'Depends'), `qubes-rpc-restore (= ${version}), nodejs (>= 20.11)`);
  t.is(await field('doc', 'Version'), version);
  const control = join(await sandbox(t), 'control');
  await execa('dpkg-deb', ['--control', file('qubes-rpc-vm_'), control]);
  t.deepEqual((await readdir(control)).sort(), ['control', 'md5sums', 'postrm', 'prerm']);
  const debs = (await readdir(folder)).filter((one) => one.endsWith('.deb'));
  t.is(debs.length, 3, 'and there is none for dom0');
});

const hasLintian = !execaSync('lintian', ['--version'], { reject: false }).failed;
const whyNot = hasLintian ? '' : ': there is none here, only Debian has it';
const testWithLintian = hasLintian ? test : test.skip;

testWithLintian(`lintian finds nothing that is not explained${whyNot}`, async (t) => {
  t.timeout(LONG);
  const { folder } = await release();
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  t.is(packages.length, 3);
  const files = packages.map((name) => join(folder, name));
  const { stdout } = await execa('lintian', ['--fail-on', 'error,warning', ...files]);
  t.is(stdout, '');
});

test('each says whose rights are whose, of all that is inside its bundles', async (t) => {
  t.timeout(LONG);
  const { tree, file } = await release();
  const libraries = await bundledLibraries(join(tree, 'dist'));
  const within = { restore: 'qubes-restore.cjs', vm: 'qubes.Backup.cjs', doc: '' };
  for (const name of DEBIAN_PACKAGES) {
    const folder = join(await sandbox(t), 'unpacked');
    await execa('dpkg-deb', ['--extract', file(`qubes-rpc-${name}_`), folder]);
    const path = join(folder, 'usr/share/doc', `qubes-rpc-${name}`, 'copyright');
    const text = await readFile(path, 'utf8');
    t.regex(text, /^Files: \*\nCopyright: \d{4} .+\nLicense: GPL-2\.0-or-later\n /m, name);
    for (const { folder: source, licence, bundles } of libraries) {
      if (!bundles.includes(within[name])) continue;
      const stanza = text.split('\n\n').find((one) => one.includes(` ${source}/*\n`)) ?? '';
      t.regex(stanza, new RegExp(`^License: ${licence}$\n .`, 'm'), source);
    }
    t.is(text.includes('node_modules/'), name !== 'doc', name);
    t.is(text.includes('node_modules/cli-width/'), name === 'restore', 'no prompts in services');
  }
});
