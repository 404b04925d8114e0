import { StoragePoolException } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { Driver } from './driver.ts';
import { FILE } from './file.ts';
import { FILE_REFLINK } from './file-reflink.ts';
import { LINUX_KERNEL } from './linux-kernel.ts';
import { LVM_THIN } from './lvm-thin.ts';
import type { PoolRecord } from './storage.ts';

/** All drivers, in the order in which clients see them. */
export const DRIVERS: readonly Driver[] = [FILE, FILE_REFLINK, LINUX_KERNEL, LVM_THIN];

/** @throws StoragePoolException when it is not installed */
export function driverOf({ driver }: PoolRecord): Driver {
  const found = DRIVERS.find(({ name }) => name === driver);
  if (found !== undefined) return found;
  throw new StoragePoolException(`Unknown storage pool driver ${pythonRepr(driver)}`);
}
