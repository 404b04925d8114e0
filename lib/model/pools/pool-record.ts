import { PermissionDenied } from '../../base/admin-error.ts';
import type { PoolRecord } from '../../storage/storage.ts';
import type { App } from '../app.ts';

/** Options of a pool that drivers give a value when the store has none. */
const DEFAULTS: Readonly<Record<string, string>> = {
  revisions_to_keep: '1',
  ephemeral_volatile: 'False',
};

/**
 * A pool by the name a caller gives.
 * @throws PermissionDenied in the words that clients know
 */
export function requirePool(app: App, untrustedName: string): PoolRecord {
  const pool = app.pool(untrustedName);
  if (pool === undefined) throw new PermissionDenied("Argument not in 'pools'");
  return pool;
}

/** All that a pool is set to, its name and driver among it, by key. */
export function poolConfig({ storage }: App, pool: PoolRecord): ReadonlyMap<string, string> {
  const { options = [] } = storage.drivers.find(({ name }) => name === pool.driver) ?? {};
  const usual = Object.entries(DEFAULTS).filter(([key]) => options.includes(key));
  const all = new Map([...usual, ...pool.config, ['name', pool.name]]);
  return new Map([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}
