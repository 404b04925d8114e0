import { createHash, type Hash } from 'node:crypto';
import { DamagedError } from '../../base/errors.ts';
import { pathBytes } from '../../base/path-text.ts';
import type { TakenChild } from './part-sink.ts';

/**
 * Entries of one home: each takes some hundred bytes of memory until the end. dom0's home holds
 * settings and a few documents; a million is far beyond what was ever seen.
 */
export const MAX_HOME_ENTRIES = 1_000_000;

export interface HomeFile {
  readonly type: 'file';
  readonly mode: number;
  readonly size: number;
  /** Undefined for files too large to digest. */
  readonly sha256: string | undefined;
  /** Known only of files directly in the home's folder, and while they come out of an archive. */
  readonly data?: { readonly dataBytes: number; readonly dataSha256: string };
}

export interface HomeLink {
  readonly type: 'symlink';
  readonly untrustedTarget: string;
}

export interface HomeFolder {
  readonly type: 'folder';
  mode: number;
  mtime: number;
  readonly children: Map<string, HomeNode>;
}

export type HomeNode = HomeFile | HomeLink | HomeFolder;

/** What has been seen of a home so far: the proof that a path leads through folders only. */
export class HomeTree {
  readonly root: HomeFolder = { type: 'folder', mode: 0o700, mtime: 0, children: new Map() };
  #entries = 0;
  readonly #maxEntries: number;

  constructor(maxEntries = MAX_HOME_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  /** What is at `path`; undefined if there is nothing, or if the way leads not through folders. */
  at(path: readonly string[]): HomeNode | undefined {
    let node: HomeNode | undefined = this.root;
    for (const name of path) {
      node = node?.type === 'folder' ? node.children.get(name) : undefined;
    }
    return node;
  }

  /**
   * Whether something may be put at `path`, and if not, why.
   * @returns undefined when it may
   */
  obstacle(path: readonly string[]): string | undefined {
    const parent = this.at(path.slice(0, -1));
    if (parent === undefined) return 'its folder is missing, or lies behind a link or file';
    if (parent.type === 'symlink') return 'it lies behind a link';
    if (parent.type === 'file') return 'it lies inside a file';
    return parent.children.has(path.at(-1) ?? '') ? 'it is there twice' : undefined;
  }

  /** Adds a node where there is no {@link obstacle}. @throws DamagedError when there are too many */
  add(path: readonly string[], node: HomeNode): void {
    const parent = this.at(path.slice(0, -1));
    if (parent?.type !== 'folder') throw new Error('Added where there is an obstacle');
    if (++this.#entries > this.#maxEntries) {
      throw new DamagedError(`Cannot extract the home: more than ${this.#maxEntries} entries`, {
        stage: 'tar',
      });
    }
    parent.children.set(path.at(-1) ?? '', node);
  }

  /** All folders with their paths, each after the folders in it, the root last. */
  *folders(): Generator<readonly [path: readonly string[], folder: HomeFolder], void, undefined> {
    yield* foldersOf([], this.root);
  }

  /**
   * SHA-256 of the tree, so defined that it can be made again from an extracted home: one record
   * for each thing, folder by folder, the names of a folder in the order of their bytes, the
   * content of a folder after its record. A record is, each field ended by a NUL:
   * `folder`, permissions in octal, path · `file`, permissions, size, SHA-256 of the content (empty
   * if over 64 GiB), path · `symlink`, target, path. Paths are relative to the home, whose own
   * record has an empty path; a hardlink counts as a file; times and owners do not count.
   */
  digest(): string {
    return treeDigest(this.root);
  }

  /** What is directly in the home; of folders and links the digest is that of their own tree. */
  inside(): TakenChild[] {
    return [...this.root.children].map(([untrustedName, node]) => {
      if (node.type === 'file') {
        const { size, sha256, data } = node;
        return { untrustedName, bytes: size, dataBytes: size, sha256, ...data };
      }
      const bytes = bytesIn(node);
      return { untrustedName, bytes, dataBytes: bytes, sha256: treeDigest(node) };
    });
  }
}

/** The digest of {@link HomeTree.digest}, of any node as the root of a tree. */
export function treeDigest(node: HomeNode): string {
  const hash = createHash('sha256');
  digestNode(hash, [], node);
  return hash.digest('hex');
}

function bytesIn(node: HomeNode): number {
  if (node.type === 'symlink') return 0;
  if (node.type === 'file') return node.size;
  return [...node.children.values()].reduce((sum, child) => sum + bytesIn(child), 0);
}

function* foldersOf(
  path: readonly string[],
  folder: HomeFolder,
): Generator<readonly [readonly string[], HomeFolder], void, undefined> {
  for (const [name, child] of folder.children) {
    if (child.type === 'folder') yield* foldersOf([...path, name], child);
  }
  yield [path, folder];
}

function digestNode(hash: Hash, path: readonly string[], node: HomeNode): void {
  for (const field of [...fieldsOf(node), path.join('/')]) hash.update(pathBytes(`${field}\0`));
  if (node.type !== 'folder') return;
  const names = [...node.children.keys()];
  const order = new Map(names.map((name) => [name, pathBytes(name)]));
  names.sort((a, b) => Buffer.compare(order.get(a) ?? Buffer.of(), order.get(b) ?? Buffer.of()));
  for (const name of names) {
    const child = node.children.get(name);
    if (child !== undefined) digestNode(hash, [...path, name], child);
  }
}

function fieldsOf(node: HomeNode): string[] {
  switch (node.type) {
    case 'folder':
      return ['folder', node.mode.toString(8)];
    case 'file':
      return ['file', node.mode.toString(8), String(node.size), node.sha256 ?? ''];
    case 'symlink':
      return ['symlink', node.untrustedTarget];
  }
}
