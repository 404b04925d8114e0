import { readSync } from 'node:fs';

import { MAX_REQUEST_BYTES, requestTooLong } from '../../admin/frames.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { sleepSync } from '../../base/write-sync.ts';

const STDIN = 0;

/** Bytes that are still read of a request which is too long, so that its sender gets to the reply. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Milliseconds between two looks at a descriptor that is non-blocking. */
const WAIT_MS = 1;

/**
 * All of standard input. There is nothing to do meanwhile, so it needs no stream of Node's, which
 * takes its time to load.
 * @throws ProtocolError when it is longer than a request may be
 */
export function readRequest(): Buffer {
  const room = Buffer.allocUnsafe(2 * MAX_REQUEST_BYTES);
  let length = 0;
  while (length < MAX_READ_BYTES) {
    // What cannot be meant any more is read over what was read before.
    const count = readSome(room.subarray(Math.min(length, MAX_REQUEST_BYTES)));
    if (count === 0) break;
    length += count;
  }
  if (length > MAX_REQUEST_BYTES) throw requestTooLong();
  return room.subarray(0, length);
}

/** @returns how many bytes there were; 0 at the end */
function readSome(room: Buffer): number {
  for (;;) {
    try {
      return readSync(STDIN, room);
    } catch (error) {
      const code = systemErrorCode(error);
      // No input at all, or a terminal that was hung up.
      if (code === 'EBADF' || code === 'EIO') return 0;
      if (code !== 'EAGAIN') throw error;
      sleepSync(WAIT_MS);
    }
  }
}
