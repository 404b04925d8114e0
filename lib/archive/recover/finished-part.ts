import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Folder } from '../../base/folder.ts';
import { readRange } from '../../base/read-range.ts';
import { MiB } from '../../base/size.ts';
import { ContentDigest } from '../inner/content-digest.ts';
import { readHomeFolder } from './home-folder-digest.ts';
import type { JournalEntry } from './journal.ts';
import { takenLink } from './link.ts';

/** Blocks a file system may use for one extent beyond its data: it rounds up at both ends. */
const ROUNDING = 128 * 1024;

/**
 * Whether a part is still as the run left it that finished it: same kind, size and digest. Of an image
 * too large to be hashed with its holes, the extents are hashed and the holes must still be holes.
 */
export async function isStillFinished(
  folder: Folder,
  name: string,
  entry: JournalEntry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const there = await folder.stat(name);
  if (there?.isDirectory() === true) {
    return (await readHomeFolder(folder, name, signal))?.digest() === entry.sha256;
  }
  if (there?.isSymbolicLink() === true) {
    return takenLink(await folder.readLink(name)).sha256 === entry.sha256;
  }
  const file = await folder.openFile(name, constants.O_RDONLY);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size !== entry.bytes) return false;
    const { extents } = entry;
    if (extents === undefined) {
      const { sha256 } = await digestOf(file, stat.size, [[0, stat.size]], signal);
      return sha256 === entry.sha256;
    }
    const allowed = entry.dataBytes + extents.length * ROUNDING + MiB;
    if (stat.blocks * 512 > allowed) return false;
    return (await digestOf(file, stat.size, extents, signal)).dataSha256 === entry.dataSha256;
  } finally {
    await file.close();
  }
}

async function digestOf(
  file: FileHandle,
  size: number,
  extents: readonly (readonly [number, number])[],
  signal: AbortSignal | undefined,
): Promise<{ sha256: string | undefined; dataSha256: string }> {
  const digest = new ContentDigest(size, { signal });
  for (const [offset, length] of extents) {
    let at = offset;
    for await (const bytes of readRange(file, offset, offset + length)) {
      signal?.throwIfAborted();
      await digest.update(at, bytes);
      at += bytes.length;
    }
  }
  return await digest.finish();
}
