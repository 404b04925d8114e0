import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { release, releaseAgain } from './release.ts';

const LONG = 10 * 60 * 1000;

test.serial(
  'packages and tarballs have the same bytes, made elsewhere by somebody else',
  async (t) => {
    t.timeout(LONG);
    const { folder } = await release();
    const again = await releaseAgain();
    const names = (await readdir(folder)).sort();
    t.deepEqual((await readdir(again.folder)).sort(), names);
    t.true(names.length >= 11);
    for (const name of names) {
      const one = await readFile(join(folder, name));
      t.true(one.equals(await readFile(join(again.folder, name))), name);
    }
  },
);

test('rpmlint finds nothing that is not explained', async (t) => {
  t.timeout(LONG);
  const { folder, tree } = await release();
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.rpm'));
  t.is(packages.length, 5);
  const { stdout } = await execa(
    'rpmlint',
    ['--config', join(tree, 'rpm', 'rpmlint.toml'), ...packages.map((name) => join(folder, name))],
    { env: { LC_ALL: 'C.UTF-8' } },
  );
  t.regex(stdout, / 0 errors, 0 warnings/);
});

test('the source package holds both tarballs and the spec, and nothing else builds', async (t) => {
  t.timeout(LONG);
  const { file, version } = await release();
  // Its release may name a distribution.
  const source = file(`qubes-rpc-${version}-1`);
  const { stdout } = await execa('rpm', ['--query', '--list', '--package', source]);
  t.deepEqual(stdout.split('\n').sort(), [
    `qubes-rpc-${version}-vendor-${process.arch}.tar.gz`,
    `qubes-rpc-${version}.tar.gz`,
    'qubes-rpc.spec',
  ]);
});
