import { readlink } from 'node:fs/promises';

import type { ExecutionContext } from 'ava';

import { findFile } from '../../lib/qrexec/find-file.ts';
import { allPackages } from './install.ts';
import { release } from './release.ts';
import { type Root, testInRoot } from './root.ts';
import { stockRoot } from './stock-root.ts';
import { assertNothingLeft, assertUnchanged, treeOf } from './tree.ts';

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
  await assertNothingLeft(t, root, before);
  for (const name of NAMES) t.is(await answeredBy(root, name), 'stock', name);
});

testInRoot('of two packages the one that stays keeps what was taken over of it', async (t) => {
  t.timeout(LONG);
  const made = await release();
  // Both have the second.
  const of = { vm: 'qubes.Restore', both: 'qubes.RestoreById', dom0: 'admin.vm.List' };
  for (const [gone, stays] of [
    ['vm', 'dom0'],
    ['dom0', 'vm'],
  ] as const) {
    const root = await stockRoot(t, made.tree);
    const before = await treeOf(root.path);
    await root.rpm('--install', ...allPackages(made));
    await switched(t, root, 'enable', '--all');
    await root.rpm('--erase', `qubes-rpc-${gone}`);
    t.is(await answeredBy(root, of[gone]), 'stock', gone);
    for (const name of [of.both, of[stays]]) t.is(await answeredBy(root, name), 'ours', name);
    await assertUnchanged(t, root, before);
    await root.rpm('--erase', `qubes-rpc-${stays}`, 'qubes-rpc-restore', 'qubes-rpc-doc');
    await assertNothingLeft(t, root, before);
  }
});
