import { readlink } from 'node:fs/promises';

import type { ExecutionContext } from 'ava';

import { findFile } from '../../lib/qrexec/find-file.ts';
import { allPackages } from './install.ts';
import { release } from './release.ts';
import { type Root, testInRoot } from './root.ts';
import { stockRoot } from './stock-root.ts';
import { pathsNotIn, treeOf } from './tree.ts';

const LONG = 10 * 60 * 1000;

/** Where qrexec looks, the first folder first. */
const FOLDERS = ['run/qubes-rpc', 'usr/local/etc/qubes-rpc', 'etc/qubes-rpc'];

/** Who answers a call in a root. */
async function answeredBy(root: Root, service: string): Promise<'ours' | 'stock'> {
  const folders = FOLDERS.map((folder) => root.at(folder));
  const found = await findFile(folders, { service, argument: '' });
  const link = found === undefined ? '' : await readlink(found.path).catch(() => '');
  return link.includes('libexec/qubes-rpc/services/') ? 'ours' : 'stock';
}

async function switched(t: ExecutionContext, root: Root, ...words: string[]): Promise<void> {
  const { exitCode, stderr } = await root.run('/usr/bin/qubes-rpc', ['services', ...words]);
  t.is(exitCode, 0, stderr);
}

async function assertUnchanged(
  t: ExecutionContext,
  root: Root,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const now = await treeOf(root.path);
  for (const [path, line] of before) t.is(now.get(path), line, path);
}

const NAMES = ['qubes.Restore', 'qubes.WaitForSession', 'admin.vm.List', 'qubes.NotifyTools'];

testInRoot('stock files stay as they are: installed, enabled, disabled, removed', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await stockRoot(t, made.tree);
  const before = await treeOf(root.path);
  t.true(before.size > 150);

  await root.rpm('--install', ...allPackages(made));
  await assertUnchanged(t, root, before);
  t.is(await root.rpm('--verify', '--all'), '');
  for (const name of NAMES) t.is(await answeredBy(root, name), 'stock', name);
  t.is(await answeredBy(root, 'admin.vm.Describe'), 'ours', 'nobody else has it');

  await switched(t, root, 'enable', '--all');
  await switched(t, root, 'enable', '--all');
  await assertUnchanged(t, root, before);
  for (const name of NAMES) t.is(await answeredBy(root, name), 'ours', name);

  await switched(t, root, 'disable', '--all');
  await assertUnchanged(t, root, before);
  for (const name of NAMES) t.is(await answeredBy(root, name), 'stock', name);

  await root.rpm('--erase', 'qubes-rpc-dom0', 'qubes-rpc-vm', 'qubes-rpc-restore', 'qubes-rpc-doc');
  await assertUnchanged(t, root, before);
  t.is(await root.rpm('--verify', '--all'), '');
});

testInRoot('what is taken over when the packages are removed goes back', async (t) => {
  t.timeout(LONG);
  const made = await release();
  const root = await stockRoot(t, made.tree);
  const before = await treeOf(root.path);
  await root.rpm('--install', ...allPackages(made));
  await switched(t, root, 'enable', '--all');
  t.is(await answeredBy(root, 'qubes.Restore'), 'ours');

  await root.rpm('--erase', 'qubes-rpc-dom0', 'qubes-rpc-vm', 'qubes-rpc-restore', 'qubes-rpc-doc');
  await assertUnchanged(t, root, before);
  for (const name of NAMES) t.is(await answeredBy(root, name), 'stock', name);
  const left = await treeOf(root.path);
  for (const path of pathsNotIn(left, before)) t.regex(left.get(path) ?? '', / folder$/, path);
});
