import { AdminError, StoragePoolException } from '../base/admin-error.ts';
import { diskError } from '../base/disk-error.ts';
import { NeedsError, reasonOf, systemErrorCode } from '../base/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/**
 * What callers are told when the disk refuses; anything but that comes back as it is.
 * @param doing `create the volume appvms/work/root`
 */
export function storageError(error: unknown, pool: string, doing: string): unknown {
  if (error instanceof AdminError) return error;
  const code = systemErrorCode(error) ?? systemErrorCode(causeOf(error));
  if (code !== undefined && FULL.has(code)) {
    return new StoragePoolException(`Pool ${pool} is full: cannot ${doing}`, { cause: error });
  }
  const known = error instanceof NeedsError ? error : diskError(error, 'use', pathOf(error));
  if (!(known instanceof NeedsError)) return error;
  return new StoragePoolException(`Pool ${pool}: cannot ${doing}: ${reasonOf(known)}`, {
    cause: error,
  });
}

function causeOf(error: unknown): unknown {
  return error instanceof NeedsError ? error.cause : undefined;
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : 'it';
}
