import { QubesValueError } from '../../base/admin-error.ts';
import type { PoolRecord } from '../../storage/storage.ts';
import type { App } from '../app.ts';
import { printValue } from '../property.ts';
import { toPool } from '../qube-volumes.ts';

/**
 * How many older states new volumes of a pool keep.
 * @throws QubesValueError for a driver that keeps no such number
 */
export function setPoolRevisions(app: App, pool: PoolRecord, count: number): void {
  toPool(app, pool).check({ revisionsToKeep: count });
  if (hasOption(app, pool, 'revisions_to_keep')) {
    setOption(app, pool, 'revisions_to_keep', String(count));
  }
}

/**
 * Whether the volatile volumes of a pool are encrypted with a key that is forgotten.
 * @throws QubesValueError for a pool that has none
 */
export function setPoolEphemeral(app: App, pool: PoolRecord, isEphemeral: boolean): void {
  if (hasOption(app, pool, 'ephemeral_volatile')) {
    setOption(app, pool, 'ephemeral_volatile', printValue(isEphemeral));
  } else if (isEphemeral) {
    throw new QubesValueError(`Pool ${pool.name} has no volatile volumes`);
  }
}

function setOption(app: App, pool: PoolRecord, key: string, value: string): void {
  const changed = { ...pool, config: new Map(pool.config).set(key, value) };
  app.pools = app.pools.map((other) => (other === pool ? changed : other));
}

function hasOption({ storage }: App, { driver }: PoolRecord, option: string): boolean {
  const found = storage.drivers.find(({ name }) => name === driver);
  return found?.options.includes(option) === true;
}
