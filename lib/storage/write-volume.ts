import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import type { DataBlock } from '../archive/inner/inner-entry.ts';
import { stopIfCancelled } from '../base/cancelled.ts';
import { diskError } from '../base/disk-error.ts';
import { FileWriter } from '../base/file-writer.ts';
import { KiB } from '../base/size.ts';
import { isAllZero } from '../base/zeros.ts';

/** Zeros are looked for block by block: file systems have no smaller holes. */
const BLOCK = 4 * KiB;

/**
 * Opens the file or device that new content of a volume is imported to. It is there already, has
 * its size, and reads as zeros.
 * @throws NeedsError
 */
export async function openVolumeWriter(path: string): Promise<FileWriter> {
  try {
    return new FileWriter(await open(path, constants.O_WRONLY), path);
  } catch (error) {
    throw diskError(error, 'open', path);
  }
}

/**
 * Writes the content of a volume, and returns when it is on disk. What is left out, and every block
 * of zeros, stays a hole.
 * @param blocks in the order of their offsets; kept until written, so they must not change
 * @throws NeedsError when the disk is full or refuses, CancelledError when `signal` is aborted, and
 * what `blocks` throws
 */
export async function writeVolume(
  writer: FileWriter,
  blocks: AsyncIterable<DataBlock>,
  signal?: AbortSignal,
): Promise<void> {
  for await (const { offset, bytes } of blocks) {
    stopIfCancelled(signal);
    for (const [start, end] of runsOfData(offset, bytes)) {
      await writer.write(offset + start, bytes.subarray(start, end));
    }
  }
  await writer.flush();
  await writer.sync();
}

/** Where in `bytes` there is something, as beginning and end; blocks are counted from the file's beginning. */
function* runsOfData(
  offset: number,
  bytes: Uint8Array,
): Generator<readonly [start: number, end: number], void, undefined> {
  let runStart: number | undefined;
  let at = 0;
  while (at < bytes.length) {
    const end = Math.min(bytes.length, at + BLOCK - ((offset + at) % BLOCK));
    // The first byte mostly tells, at a fraction of the cost.
    if (bytes[at] !== 0 || !isAllZero(bytes.subarray(at, end))) runStart ??= at;
    else if (runStart !== undefined) {
      yield [runStart, at];
      runStart = undefined;
    }
    at = end;
  }
  if (runStart !== undefined) yield [runStart, bytes.length];
}
