import { writeSync } from 'node:fs';

import { systemErrorCode } from './errors.ts';

/** Milliseconds between two attempts at a descriptor that takes nothing at the moment. */
const WAIT_MS = 5;

/**
 * Writes all of `bytes` before it returns, also where the descriptor is non-blocking: nothing is
 * lost when the process ends then.
 * @throws the error of the system when the other end is closed, or the disk full
 */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
      sleepSync(WAIT_MS);
    }
  }
}

/** Holds up the whole process. */
export function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
