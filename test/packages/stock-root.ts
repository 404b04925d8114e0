import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { stockOwner } from '../../rpm/stock-files.ts';
import { fileList } from '../../rpm/file-list.ts';
import { ownSystem } from '../../rpm/place.ts';
import { sandbox } from '../support/sandbox.ts';
import { bringNode, newRoot, type Root } from './root.ts';
import { buildStub } from './stub-package.ts';

/** A root with Node, as a package and to run, and nothing of Qubes OS. */
export async function rootWithNode(t: ExecutionContext): Promise<Root> {
  const root = await newRoot(t);
  await bringNode(root);
  // Fedora's has an epoch, and says separately what it is.
  const stub = { name: 'nodejs', version: '20.11', provides: 'nodejs(engine) = 20.11' };
  await root.rpm('--install', await buildStub(await sandbox(t), stub));
  return root;
}

/** A root in which packages of Qubes OS own what they do, with content by which it is known again. */
export async function stockRoot(t: ExecutionContext, tree: string): Promise<Root> {
  const root = await rootWithNode(t);
  const folder = await sandbox(t);
  for (const [name, files] of await stockFiles(tree)) {
    const place = join(folder, name);
    await mkdir(place);
    await root.rpm('--install', await buildStub(place, { name, version: '4.4.0', files }));
  }
  return root;
}

/** Whatever we could install, of that what is theirs: content by path, by package. */
export async function stockFiles(tree: string): Promise<Map<string, Map<string, string>>> {
  const owned = new Map<string, Map<string, string>>();
  for (const { path } of await fileList(tree, join(tree, 'dist'), ownSystem('/usr'))) {
    const owner = stockOwner(path);
    if (owner === undefined) continue;
    const files = owned.get(owner) ?? new Map<string, string>();
    owned.set(owner, files.set(path, `#!/bin/sh\n# ${path} of ${owner}\n`));
  }
  return owned;
}
