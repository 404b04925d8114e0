import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { sourceFiles } from '../../rpm/source-files.ts';
import { sandbox } from '../support/sandbox.ts';

test('of a checkout, only what git tracks is packed', async (t) => {
  const root = await sandbox(t);
  await mkdir(join(root, 'lib'));
  await mkdir(join(root, 'recovered'));
  for (const file of ['lib/own file.ts', 'Makefile', 'passphrase', 'recovered/private.img']) {
    await writeFile(join(root, file), '');
  }
  await execa('git', ['init', '--quiet', root]);
  await execa('git', ['-C', root, 'add', 'lib', 'Makefile']);
  t.deepEqual(await sourceFiles(root), ['Makefile', 'lib/own file.ts']);

  // An unpacked tarball is no checkout: what it holds was meant.
  await rm(join(root, '.git'), { recursive: true });
  await mkdir(join(root, 'dist'));
  await writeFile(join(root, 'dist', 'made'), '');
  t.deepEqual(await sourceFiles(root), [
    'Makefile',
    'lib/own file.ts',
    'passphrase',
    'recovered/private.img',
  ]);
});
