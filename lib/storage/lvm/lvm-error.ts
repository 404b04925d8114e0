import { StoragePoolException } from '../../base/admin-error.ts';

const FULL = /insufficient free|no free|threshold|out of (data|metadata) space/i;

/** LVM could not do what it was told; the message is its own. */
export class LvmError extends Error {}

/**
 * What callers are told; anything but an LvmError comes back as it is.
 * @param doing `create the volume qubes_dom0/vm-work-private`
 */
export function thinError(error: unknown, pool: string, doing: string): unknown {
  if (!(error instanceof LvmError)) return error;
  const why = error.message;
  return new StoragePoolException(
    FULL.test(why)
      ? `Pool ${pool} is full: cannot ${doing}: ${why}`
      : `Pool ${pool}: cannot ${doing}: ${why}`,
    { cause: error },
  );
}
