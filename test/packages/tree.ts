import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { type Entry, modeOf } from '../../rpm/entry.ts';

/** What rpm, dpkg and the tests themselves keep in a root. */
const NOT_INSTALLED = ['var/lib/rpm', 'var/lib/dpkg', 'var/log', 'usr/lib/sysimage', 'var/tmp'];

/** Everything below a folder, one line for each path: kind, mode, owner, and what is in it. */
export async function treeOf(folder: string, below = ''): Promise<ReadonlyMap<string, string>> {
  const lines = new Map<string, string>();
  for (const name of await readdir(join(folder, below))) {
    const path = join(below, name);
    if (NOT_INSTALLED.includes(path)) continue;
    const stats = await lstat(join(folder, path));
    const content = stats.isSymbolicLink()
      ? `link ${await readlink(join(folder, path))}`
      : stats.isFile()
        ? `file ${await digest(await readFile(join(folder, path)))}`
        : 'folder';
    const mode = stats.isSymbolicLink() ? 0o777 : stats.mode & 0o7777;
    lines.set(`/${path}`, `${mode.toString(8)} ${stats.uid}:${stats.gid} ${content}`);
    if (!stats.isDirectory()) continue;
    for (const [inside, line] of await treeOf(folder, path)) lines.set(inside, line);
  }
  return lines;
}

/** The same of what is to be installed. */
export async function treeOfEntries(
  entries: readonly Entry[],
): Promise<ReadonlyMap<string, string>> {
  const lines = entries.map(async ({ path, content }) => {
    const what = {
      link: content.kind === 'link' ? `link ${content.to}` : '',
      file: content.kind === 'file' ? `file ${await digest(content.bytes)}` : '',
      folder: 'folder',
    };
    return [path, `${modeOf(content).toString(8)} 0:0 ${what[content.kind]}`] as const;
  });
  return new Map(await Promise.all(lines));
}

async function digest(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes.slice())).toString('hex');
}

/** Lines of `tree` whose paths are in `other`, or are not. */
export function pathsNotIn(
  tree: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): readonly string[] {
  return [...tree.keys()].filter((path) => !other.has(path)).sort();
}

/** What was there before still is, byte for byte. */
export async function assertUnchanged(
  t: ExecutionContext,
  { path: folder }: { readonly path: string },
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const now = await treeOf(folder);
  for (const [path, line] of before) t.is(now.get(path), line, path);
}

/** And nothing else is, but folders of packages that are not here. */
export async function assertNothingLeft(
  t: ExecutionContext,
  root: { readonly path: string },
  before: ReadonlyMap<string, string>,
): Promise<void> {
  await assertUnchanged(t, root, before);
  const left = await treeOf(root.path);
  for (const path of pathsNotIn(left, before)) t.regex(left.get(path) ?? '', / folder$/, path);
}
