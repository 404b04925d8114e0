import { NeedsError, reasonOf, systemErrorCode } from './errors.ts';
import { printable } from './printable.ts';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or choose a folder on another disk.',
  EDQUOT: 'Free some space, or choose a folder on another disk.',
  EFBIG: 'Choose a folder on a file system for large files, such as ext4, XFS or btrfs.',
  EROFS: 'Choose a folder that can be written to.',
  EACCES: 'Choose a folder that you may write to.',
  EPERM: 'Choose a folder that you may write to.',
};

/** Another folder would not help. */
const READING = /^(?:read|open|look at)\b/;

/**
 * Turns a failed system call into a NeedsError (`Cannot DOING PATH: reason`, cause kept); anything
 * else comes back as it is. For `throw diskError(error, 'create', path)`.
 */
export function diskError(error: unknown, doing: string, path: string): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const hint = READING.test(doing) ? undefined : HINTS[code];
  return new NeedsError(
    `Cannot ${doing} ${printable(path)}: ${reasonOf(error)}`,
    { stage: 'write', ...(hint === undefined ? {} : { hint }) },
    { cause: error },
  );
}

/** The same where nobody knows what was being done, but the system, to what: else it stays what it is. */
export function anyDiskError(error: unknown): unknown {
  const isNamed = error instanceof Error && 'path' in error && typeof error.path === 'string';
  return isNamed ? diskError(error, 'use', String(error.path)) : error;
}
