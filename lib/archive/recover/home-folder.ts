import { stopIfCancelled } from '../../base/cancelled.ts';
import { NeedsError } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { partialName } from '../../base/partial-name.ts';
import { HomeFolderSink } from './home-folder-sink.ts';
import { homeDamage, parseHomePath } from './home-path.ts';
import { DISCARD_HOME, type HomeSink } from './home-sink.ts';
import { HomeTree } from './home-tree.ts';
import type { ContentSummary } from '../inner/content-digest.ts';
import type { InnerEntry } from '../inner/inner-entry.ts';
import { takeContent } from '../inner/take-content.ts';
import { isLinkTarget } from './link.ts';
import type { TakenChild } from './part-sink.ts';

export interface HomeOptions {
  /** Refuse homes of more entries than this; by default a million. */
  readonly maxEntries?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HomeSummary {
  /** Bytes of all files, holes included; hardlinks count once. */
  readonly bytes: number;
  /** Bytes of all files without their holes. */
  readonly dataBytes: number;
  /** Files, folders and links, the home folder itself not counted. */
  readonly entries: number;
  /** Digest of the tree: see `HomeTree.digest`. */
  readonly sha256: string;
  /** What is directly in the home. */
  readonly inside: readonly TakenChild[];
}

export interface ExtractHomeOptions extends HomeOptions {
  /** Called when everything is on disk, just before it gets its name. */
  readonly beforeNaming?: (summary: HomeSummary) => Promise<void>;
}

/**
 * Checks the tar of dom0's home exactly as {@link extractHome} does, and writes nothing.
 * @param home path of the home inside the archive, `dom0-home/USER`; all entries must be in it
 */
export async function verifyHome(
  entries: AsyncIterable<InnerEntry>,
  home: string,
  options: HomeOptions = {},
): Promise<HomeSummary> {
  return walkHome(entries, home, DISCARD_HOME, options);
}

/**
 * Extracts dom0's home into a new folder `name` of `parent`. It gets that name when it is complete;
 * after a failure nothing of it is left. Permissions (without setuid, setgid and sticky bit) and
 * the times of files and folders are kept, owners are not. Nothing is ever written through a link:
 * only folders made here are entered.
 * @throws DamagedError (stage `tar`) for paths out of the home, entries behind links or in missing
 *   folders, repeated ones, hardlinks to anything but an earlier file
 * @throws NeedsError when `name` exists already, or the disk is full or refuses
 */
export async function extractHome(
  entries: AsyncIterable<InnerEntry>,
  home: string,
  parent: Folder,
  name: string,
  options: ExtractHomeOptions = {},
): Promise<HomeSummary> {
  const partial = partialName(name);
  if (await parent.has(name)) throw alreadyThere(parent, name);
  await parent.removeTree(partial);
  const root = await parent.makeFolder(partial);
  const sink = new HomeFolderSink(root);
  try {
    const summary = await walkHome(entries, home, sink, options);
    await sink.close();
    await root.syncTree();
    await options.beforeNaming?.(summary);
    await parent.rename(partial, name);
    await parent.sync();
    return summary;
  } catch (error) {
    await sink.close();
    // The first failure is the one to tell; what it leaves, the next run removes.
    await parent.removeTree(partial).catch(() => undefined);
    throw error;
  } finally {
    await root.close();
  }
}

async function walkHome(
  entries: AsyncIterable<InnerEntry>,
  home: string,
  sink: HomeSink,
  options: HomeOptions,
): Promise<HomeSummary> {
  const tree = new HomeTree(options.maxEntries);
  const sum = { bytes: 0, dataBytes: 0, entries: 0 };
  for await (const entry of entries) {
    stopIfCancelled(options.signal);
    const path = parseHomePath(entry.untrustedPath, home);
    if (path.length === 0) {
      takeHomeItself(entry, tree);
      continue;
    }
    const obstacle = tree.obstacle(path);
    if (obstacle !== undefined) throw homeDamage(entry.untrustedPath, obstacle);
    await takeEntry(entry, path, home, tree, sink, options);
    sum.entries++;
    sum.bytes += entry.size;
    sum.dataBytes += entry.dataSize;
  }
  for (const [path, folder] of tree.folders()) {
    stopIfCancelled(options.signal);
    await sink.finishFolder(path, folder.mode, folder.mtime);
  }
  return { ...sum, sha256: tree.digest(), inside: tree.inside() };
}

function takeHomeItself(entry: InnerEntry, tree: HomeTree): void {
  if (entry.type !== 'directory') throw homeDamage(entry.untrustedPath, 'it is not a folder');
  tree.root.mode = entry.mode & 0o777;
  tree.root.mtime = entry.mtime;
}

async function takeEntry(
  entry: InnerEntry,
  path: readonly string[],
  home: string,
  tree: HomeTree,
  sink: HomeSink,
  options: HomeOptions,
): Promise<void> {
  const { untrustedPath, untrustedLinkTarget: untrustedTarget = '', mtime } = entry;
  const mode = entry.mode & 0o777;
  switch (entry.type) {
    case 'directory':
      tree.add(path, { type: 'folder', mode, mtime, children: new Map() });
      return sink.makeFolder(path);
    case 'symlink':
      if (!isLinkTarget(untrustedTarget)) throw homeDamage(untrustedPath, 'it leads nowhere');
      tree.add(path, { type: 'symlink', untrustedTarget });
      return sink.symlink(untrustedTarget, path);
    case 'hardlink': {
      const existing = parseHomePath(untrustedTarget, home);
      const node = tree.at(existing);
      if (node === undefined || node.type === 'folder') {
        throw homeDamage(untrustedPath, 'it is a second name of a file that is not there');
      }
      tree.add(path, node);
      return sink.link(existing, path);
    }
    case 'file': {
      const { sha256, dataBytes, dataSha256 } = await takeFile(entry, path, sink, options);
      const data = path.length === 1 ? { data: { dataBytes, dataSha256 } } : {};
      tree.add(path, { type: 'file', mode, size: entry.size, sha256, ...data });
    }
  }
}

async function takeFile(
  entry: InnerEntry,
  path: readonly string[],
  sink: HomeSink,
  options: HomeOptions,
): Promise<ContentSummary> {
  const file = await sink.createFile(path);
  try {
    const summary = await takeContent(entry, options, file);
    await file.finish(entry.size, entry.mode & 0o777, entry.mtime);
    return summary;
  } finally {
    await file.close();
  }
}

function alreadyThere(parent: Folder, name: string): NeedsError {
  return new NeedsError(`Cannot extract to ${parent.path}/${name}: it exists already`, {
    stage: 'write',
    hint: 'Move it away, or choose another folder.',
  });
}
