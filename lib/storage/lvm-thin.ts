import { QubesValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import { defineDriver } from './driver.ts';
import { isLvmName } from './lvm/thin-names.ts';
import { ThinPool } from './lvm/thin-pool.ts';
import { ephemeralVolatile, revisionsToKeep } from './pool-options.ts';
import type { PoolOption } from './pool-options.ts';

function lvmName(name: string): PoolOption {
  return {
    name,
    required: true,
    read: (untrusted) => {
      if (isLvmName(untrusted)) return untrusted;
      throw new QubesValueError(`${name} cannot be ${pythonRepr(untrusted)}`);
    },
  };
}

/** A thin pool of LVM, made beforehand. */
export const LVM_THIN = defineDriver(
  'lvm_thin',
  [revisionsToKeep, lvmName('volume_group'), lvmName('thin_pool'), ephemeralVolatile],
  (record, shared) => new ThinPool(record, shared),
);
