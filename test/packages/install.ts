import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { loadPolicy } from '../../lib/policy/load-policy.ts';
import { PACKAGES, type PackageName } from '../../rpm/entry.ts';
import { fileList } from '../../rpm/file-list.ts';
import { QUBES_OS } from '../../rpm/place.ts';
import { release, type Release } from './release.ts';
import { newRoot } from './root.ts';
import { rootWithNode } from './stock-root.ts';
import { pathsNotIn, treeOf, treeOfEntries } from './tree.ts';

const LONG = 10 * 60 * 1000;

export function packageFile({ file, version }: Release, name: PackageName): string {
  return file(`qubes-rpc-${name}-${version}-1`);
}

export function allPackages(made: Release): readonly string[] {
  return PACKAGES.map((name) => packageFile(made, name));
}

test('an empty root holds what the list says, and after removal nothing of it', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await rootWithNode(t);
  const before = await treeOf(root.path);
  await root.rpm('--install', ...allPackages(made));
  t.is(await root.rpm('--verify', '--all'), '');

  const expected = await treeOfEntries(
    await fileList(made.tree, join(made.tree, 'dist'), QUBES_OS),
  );
  const after = await treeOf(root.path);
  for (const [path, line] of expected) t.is(after.get(path), line, path);
  for (const path of pathsNotIn(after, before)) {
    const isAbove = [...expected.keys()].some((one) => one.startsWith(`${path}/`));
    t.true(expected.has(path) || isAbove, path);
  }

  await root.rpm('--erase', ...PACKAGES.map((name) => `qubes-rpc-${name}`));
  // Folders above ours, which belong to packages that are not here.
  const left = await treeOf(root.path);
  for (const path of pathsNotIn(left, before)) {
    t.regex(left.get(path) ?? '', / folder$/, path);
    t.regex(path, /^(?!.*qubes-rpc)|^\/etc\/qubes-rpc$/);
    t.false(expected.has(path), path);
  }
});

test('each can be installed with what it requires alone, and twice', async (t) => {
  t.timeout(LONG);
  const made = await release();
  for (const names of [['restore'], ['restore', 'vm'], ['restore', 'dom0'], ['doc']] as const) {
    const root = await rootWithNode(t);
    const packages = names.map((name) => packageFile(made, name));
    await root.rpm('--install', ...packages);
    await root.rpm('--install', '--replacepkgs', ...packages);
    t.is(await root.rpm('--verify', '--all'), '');
  }
});

test('none is installed without Node, or with one that is too old', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await newRoot(t);
  const refused = await t.throwsAsync(root.rpm('--install', packageFile(made, 'restore')));
  t.regex(refused.message, /nodejs >= 20\.11 is needed/);
});

test('the policy that is installed is one', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(made));
  const folder = root.at('etc', 'qubes', 'policy.d');
  t.deepEqual((await readdir(folder)).sort(), [
    '60-qubes-restore.policy',
    '70-qubes-restore.policy',
    '80-qubes-restore.policy',
  ]);
  t.notThrows(() => loadPolicy([folder]));
  // With those that take the place of stock files, and the files that these include.
  const shared = root.at('usr', 'share', 'qubes-rpc', 'policy');
  t.notThrows(() => loadPolicy([shared]));
  for (const name of await readdir(folder)) {
    t.is(await readFile(join(folder, name), 'utf8'), await readFile(join(shared, name), 'utf8'));
  }
});
