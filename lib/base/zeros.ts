import { KiB } from './size.ts';

/** 64 KiB of zeros to compare with and to write from. Shared: never write into it. */
export const ZEROS: Uint8Array = new Uint8Array(64 * KiB);

/** Whether there is nothing but zeros in `bytes` (true for none at all). */
export function isAllZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}
