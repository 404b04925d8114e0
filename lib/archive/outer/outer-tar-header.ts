import { extract } from 'tar-stream';

import type { ByteReader } from '../../base/byte-reader.ts';
import { DamagedError, NotReadableError, reasonOf } from '../../base/errors.ts';
import type { TarHeader } from './parse-tar-header.ts';

/** Tar counts in blocks of this many bytes. */
export const TAR_BLOCK = 512;

/** Headers of one member, pax records and long names included, take no more than this. */
const MAX_HEADER_BYTES = 1024 * 1024;

const ZERO_BLOCK = new Uint8Array(TAR_BLOCK);

/**
 * Reads the headers of the next member, pax and GNU long name headers included, and leaves the
 * reader at its data. Zero blocks before it are skipped, as `tar -i` does: the archive is many
 * archives joined. tar-stream decodes the headers; only header blocks ever pass through it, so the
 * data costs nothing here and may as well be seeked over.
 *
 * Each member is decoded on its own: records of a global pax header count for the next member only.
 * @param where position of the reader in the archive, for messages
 * @returns undefined at the end of the archive; no end mark is asked for
 * @throws NotReadableError when the archive does not begin with a tar header
 * @throws DamagedError when a later header is broken or cut off
 */
export async function readTarHeader(reader: ByteReader, where = 0): Promise<TarHeader | undefined> {
  const first = await nextNonZeroBlock(reader);
  if (first === undefined) return undefined;
  const start = where + reader.position - first.length;
  const broken = (reason: string, cause?: unknown): Error =>
    start === 0
      ? new NotReadableError(
          `Cannot read the archive: it is no tar archive (${reason})`,
          {},
          { cause },
        )
      : new DamagedError(
          `Cannot read the archive past byte ${start}: broken tar header (${reason})`,
          { stage: 'source' },
          { cause },
        );

  const decoder = new HeaderDecoder();
  try {
    let block = first;
    for (let taken = 0; taken < MAX_HEADER_BYTES; taken += TAR_BLOCK) {
      if (block.length < TAR_BLOCK) throw broken('cut off');
      const untrustedHeader = await decoder.feed(block).catch((error: unknown) => {
        throw broken(reasonOf(error), error);
      });
      if (untrustedHeader !== undefined) return await parse(untrustedHeader, broken);
      block = await reader.upTo(TAR_BLOCK);
    }
    throw broken('it is too long');
  } finally {
    decoder.close();
  }
}

async function nextNonZeroBlock(reader: ByteReader): Promise<Uint8Array | undefined> {
  for (;;) {
    const block = await reader.upTo(TAR_BLOCK);
    if (block.length === 0) return undefined;
    if (Buffer.compare(block, ZERO_BLOCK.subarray(0, block.length)) !== 0) return block;
  }
}

/** A tar-stream parser that is fed block by block and asked after each whether a member began. */
class HeaderDecoder {
  // So small a mark makes the parser tell of every single block that it has been taken.
  readonly #parser = extract({ highWaterMark: 1 });
  #header: unknown;
  #settle: (error?: unknown) => void = () => undefined;

  constructor() {
    this.#parser.on('entry', (header, data) => {
      data.on('error', () => undefined);
      this.#header = header;
    });
    this.#parser.on('drain', () => this.#settle());
    this.#parser.on('error', (error: unknown) => this.#settle(error));
  }

  feed(block: Uint8Array): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) =>
        error === undefined ? resolve(this.#header) : reject(new Error(reasonOf(error)));
      this.#parser.write(block);
    });
  }

  close(): void {
    this.#parser.destroy();
  }
}

async function parse(untrusted: unknown, broken: (reason: string) => Error): Promise<TarHeader> {
  // Loaded here because schemas take a quarter of a service's start.
  const { parseTarHeader } = await import('./parse-tar-header.ts');
  return parseTarHeader(untrusted, broken);
}
