import { NeedsError, systemErrorCode } from './errors.ts';
import { printable } from './printable.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system does not take files of this size',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'it exists already and is not empty',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a folder',
  ELOOP: 'it is a link, and links are not followed',
  ENAMETOOLONG: 'the name is too long for the file system',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  EIO: 'the disk reports an input/output error',
};

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or choose a folder on another disk.',
  EDQUOT: 'Free some space, or choose a folder on another disk.',
  EFBIG: 'Choose a folder on a file system for large files, such as ext4, XFS or btrfs.',
  EROFS: 'Choose a folder that can be written to.',
  EACCES: 'Choose a folder that you may write to.',
  EPERM: 'Choose a folder that you may write to.',
};

/**
 * Turns a failed system call into a NeedsError (`Cannot DOING PATH: reason`, cause kept); anything
 * else comes back as it is. For `throw diskError(error, 'create', path)`.
 */
export function diskError(error: unknown, doing: string, path: string): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const hint = HINTS[code];
  return new NeedsError(
    `Cannot ${doing} ${printable(path)}: ${REASONS[code] ?? code}`,
    { stage: 'write', ...(hint === undefined ? {} : { hint }) },
    { cause: error },
  );
}
