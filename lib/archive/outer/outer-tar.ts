import type { FileHandle } from 'node:fs/promises';

import { ByteReader } from '../../base/byte-reader.ts';
import { DamagedError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { readRange } from '../../base/read-range.ts';
import type { OuterEntry } from './outer-entry.ts';
import { readTarHeader, TAR_BLOCK } from './outer-tar-header.ts';

/** Enough for the headers of one member and the zeros before them. */
const HEADER_READ = 16 * 1024;

/**
 * The members of an outer archive that comes as a stream, in its order. It may end after any
 * member; data that is not taken is skipped when the next entry is asked for.
 * @throws NotReadableError when it is no tar archive
 * @throws DamagedError at a broken header, and after an entry whose data is cut off
 */
export async function* readTarStream(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<OuterEntry, void, undefined> {
  const reader = new ByteReader(source);
  try {
    for (;;) {
      const header = await readTarHeader(reader);
      if (header === undefined) return;
      const end = reader.position + header.size;
      yield { ...header, data: () => reader.take(Math.max(0, end - reader.position)) };
      await skipTo(end, reader);
      if (reader.position < end) throw cutOffError(header.untrustedName);
      await skipTo(end + padding(header.size), reader);
    }
  } finally {
    await reader.close();
  }
}

/**
 * The members of an outer archive in a file of `size` bytes. Only headers are read; the data is
 * read when it is asked for, at any time and as often as one likes while the file is open. An
 * entry that reaches beyond the end of the file is the last one, and its data ends early.
 * @throws NotReadableError when it is no tar archive
 * @throws DamagedError at a broken header
 */
export async function* indexTarFile(
  file: FileHandle,
  size: number,
): AsyncGenerator<OuterEntry & { readonly offset: number }, void, undefined> {
  let position = 0;
  while (position < size) {
    const reader = new ByteReader(readRange(file, position, size, HEADER_READ));
    const header = await readTarHeader(reader, position);
    if (header === undefined) return;
    const offset = position + reader.position;
    const end = offset + header.size;
    yield { ...header, offset, data: () => readRange(file, offset, Math.min(end, size)) };
    position = end + padding(header.size);
  }
}

/** The error for an entry with less data than it announced. */
export function cutOffError(untrustedName: string): DamagedError {
  return new DamagedError(`The archive is cut off in the middle of ${printable(untrustedName)}`, {
    stage: 'source',
  });
}

function padding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

async function skipTo(end: number, reader: ByteReader): Promise<void> {
  while (reader.position < end) {
    if ((await reader.some(end - reader.position)) === undefined) return;
  }
}
