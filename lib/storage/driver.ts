import type { KeyedLock } from '../base/keyed-lock.ts';
import type { Lvm } from './lvm/lvm.ts';
import { readOptions, requiredOf } from './pool-options.ts';
import type { PoolOption } from './pool-options.ts';
import type { Pool, PoolDriver, PoolRecord } from './storage.ts';

/** What all pools of a system share. */
export interface Shared {
  /** Held, by where its data are, while a volume is worked on. */
  readonly locks: KeyedLock;
  readonly lvm: Lvm;
}

/** A kind of pools, and how one is opened. */
export interface Driver extends PoolDriver {
  open(record: PoolRecord, shared: Shared): Pool;
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
