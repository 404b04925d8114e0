import type { KeyedLock } from '../base/keyed-lock.ts';
import { readOptions, requiredOf } from './pool-options.ts';
import type { PoolOption } from './pool-options.ts';
import type { Pool, PoolDriver, PoolRecord } from './storage.ts';

/** A kind of pools, and how one is opened. */
export interface Driver extends PoolDriver {
  /** @param locks shared by all pools of a system */
  open(record: PoolRecord, locks: KeyedLock): Pool;
}

/** @param options in the order in which clients see them */
export function defineDriver(
  name: string,
  options: readonly PoolOption[],
  open: Driver['open'],
): Driver {
  return {
    name,
    options: options.map((option) => option.name),
    required: requiredOf(options),
    configOf: (_, untrusted) => readOptions(name, options, untrusted),
    open,
  };
}
