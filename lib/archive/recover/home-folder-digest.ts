import { constants } from 'node:fs';
import type { Folder } from '../../base/folder.ts';
import { readRange } from '../../base/read-range.ts';
import { ContentDigest } from '../inner/content-digest.ts';
import { HomeTree } from './home-tree.ts';

/**
 * What was extracted to the folder `name` of `parent`: its digest is equal to the one of the archive
 * as long as nobody changed it.
 * @returns undefined if it is no folder, or holds what an extracted home cannot hold
 */
export async function readHomeFolder(
  parent: Folder,
  name: string,
  signal: AbortSignal | undefined,
): Promise<HomeTree | undefined> {
  const stat = await parent.stat(name);
  if (stat?.isDirectory() !== true) return undefined;
  const tree = new HomeTree();
  tree.root.mode = stat.mode & 0o777;
  const home = await parent.openFolder(name);
  try {
    return (await addFolder(home, [], tree, signal)) ? tree : undefined;
  } finally {
    await home.close();
  }
}

async function addFolder(
  folder: Folder,
  path: readonly string[],
  tree: HomeTree,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const name of await folder.names()) {
    signal?.throwIfAborted();
    const stat = await folder.stat(name);
    const at = [...path, name];
    const mode = (stat?.mode ?? 0) & 0o777;
    if (stat?.isSymbolicLink() === true) {
      tree.add(at, { type: 'symlink', untrustedTarget: await folder.readLink(name) });
    } else if (stat?.isFile() === true) {
      const sha256 = await digestFile(folder, name, stat.size, signal);
      tree.add(at, { type: 'file', mode, size: stat.size, sha256 });
    } else if (stat?.isDirectory() === true) {
      tree.add(at, { type: 'folder', mode, mtime: 0, children: new Map() });
      const child = await folder.openFolder(name);
      try {
        if (!(await addFolder(child, at, tree, signal))) return false;
      } finally {
        await child.close();
      }
    } else {
      return false;
    }
  }
  return true;
}

async function digestFile(
  folder: Folder,
  name: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const file = await folder.openFile(name, constants.O_RDONLY);
  try {
    const digest = new ContentDigest(size, { signal });
    let at = 0;
    for await (const bytes of readRange(file, 0, size)) {
      await digest.update(at, bytes);
      at += bytes.length;
    }
    return (await digest.finish()).sha256;
  } finally {
    await file.close();
  }
}
