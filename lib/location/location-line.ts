import { UsageError } from '../base/errors.ts';

/** Longest location in bytes: a path can have 4096, a command some more. */
export const MAX_LOCATION_BYTES = 16 * 1024;

/**
 * Accepts where a backup is, as a client sends it: the path of a file or a command, in one line.
 * @throws UsageError
 */
export function acceptLocation(untrusted: string): string {
  if (untrusted === '') throw new UsageError('No backup location was given');
  if (untrusted.length > MAX_LOCATION_BYTES) {
    throw new UsageError('The backup location is too long');
  }
  if (/[\0\n]/.test(untrusted)) {
    throw new UsageError('The backup location holds a NUL or a line break');
  }
  return untrusted;
}
