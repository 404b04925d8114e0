import { createReadStream, fstatSync } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';

import type { DataBlock } from '../../archive/inner/inner-entry.ts';
import type { ByteReader } from '../../base/byte-reader.ts';
import { NeedsError } from '../../base/errors.ts';
import { MiB } from '../../base/size.ts';
import { sparseBlocks } from './sparse-blocks.ts';

export const STDIN = 0;
const READ_SIZE = MiB;
/** Bytes of a block as `stat` counts them. */
const BLOCK = 512;

/** The new content of a volume, as it comes in. */
export interface ImportSource {
  /** At most so many bytes of it, once; holes that are known are left out. */
  blocks(size: number): AsyncIterable<DataBlock>;
  /** When they were read: how many bytes there are, or at least that there is one more. */
  amount(): Promise<number>;
}

/** Content that comes through a pipe or socket. */
export function streamSource(request: ByteReader): ImportSource {
  const begin = request.position;
  return {
    async *blocks(size) {
      for await (const bytes of request.take(size)) {
        yield { offset: request.position - begin - bytes.length, bytes };
      }
    },
    async amount() {
      await request.some(1);
      return request.position - begin;
    },
  };
}

/** Where reading of standard input would begin, in bytes; undefined unless it is a file. */
export async function filePosition(): Promise<number | undefined> {
  if (!fstatSync(STDIN).isFile()) return undefined;
  // proc(5): `pos:` is the offset in decimal.
  const [, position] = /^pos:\s*(\d+)$/m.exec(await readFile('/proc/self/fdinfo/0', 'utf8')) ?? [];
  return position === undefined ? undefined : Number(position);
}

/**
 * Content that is an open file: it is read in large pieces, and where it has holes, these are asked
 * of the file system, not read.
 * @param begin bytes of it that come before the content
 */
export function fileSource(fd: number, begin: number): ImportSource {
  const { size: total, blocks: used } = fstatSync(fd);
  const amount = Math.max(0, total - begin);
  return {
    async *blocks(size) {
      const length = Math.min(size, amount);
      if (length === 0) return;
      if (used * BLOCK < total && (await canBeOpened(fd))) yield* sparseBlocks(fd, begin, length);
      else yield* allBlocks(fd, begin, length);
    },
    amount: () => Promise.resolve(amount),
  };
}

/** Whether the file can be opened once more, by the name of what it is open as. */
async function canBeOpened(fd: number): Promise<boolean> {
  return access(`/proc/self/fd/${fd}`, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** @throws NeedsError when somebody makes the file shorter meanwhile */
async function* allBlocks(fd: number, begin: number, length: number): AsyncGenerator<DataBlock> {
  const end = begin + length - 1;
  const stream = createReadStream('', {
    fd,
    autoClose: false,
    start: begin,
    end,
    highWaterMark: READ_SIZE,
  });
  let offset = 0;
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    yield { offset, bytes };
    offset += bytes.length;
  }
  if (offset < length) throw new NeedsError('the file became shorter while it was read');
}
