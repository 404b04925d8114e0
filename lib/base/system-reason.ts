import { getSystemErrorMap } from 'node:util';

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
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is not a folder',
  ELOOP: 'it is a link, and links are not followed',
  ENAMETOOLONG: 'the name is too long for the file system',
  ENXIO: 'it is a socket or a device, and nobody is behind it',
  EBUSY: 'it is in use',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  ENOMEM: 'there is not enough memory',
  EIO: 'the disk reports an input/output error',
  EPIPE: 'nobody reads it any more',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other side has cut the connection',
};

/**
 * What a failed system call says to a person.
 * @param code of the error: `ENOENT`
 * @param errno of the error, for what has no words here
 */
export function systemReason(code: string, errno?: unknown): string {
  const known = REASONS[code];
  if (known !== undefined) return known;
  const words = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  return words ?? code;
}
