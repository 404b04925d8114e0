import type { FileHandle } from 'node:fs/promises';

import { readAt } from './read-at.ts';
import { MiB } from './size.ts';

const LARGEST_READ = MiB;

/**
 * The bytes of `file` from `start` up to `end`; fewer, without an error, when the file ends before.
 * The first read takes `firstRead` bytes and each following one twice as many, up to 1 MiB: who
 * wants a few bytes does not pay for many, who wants many does not pay for many reads.
 * @throws DamagedError when the medium fails
 */
export async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
  firstRead = LARGEST_READ,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  let next = firstRead;
  while (position < end) {
    const wanted = Math.min(next, end - position);
    const buffer = new Uint8Array(wanted);
    const { bytesRead } = await readAt(file, buffer, 0, wanted, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    next = Math.min(next * 2, LARGEST_READ);
    yield buffer.subarray(0, bytesRead);
  }
}
