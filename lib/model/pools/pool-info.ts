import { enclosingPool } from '../../storage/enclosing-pool.ts';
import type { PoolRecord } from '../../storage/storage.ts';
import type { App } from '../app.ts';
import { KERNEL_DRIVER } from '../kernel-volumes.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { toPool } from '../qube-volumes.ts';
import { poolConfig } from './pool-record.ts';

/**
 * What clients are told of a pool: what it is set to, sorted, then `size` and `usage` in bytes and
 * the pool it is part of, as far as that is known.
 * @throws StoragePoolException when its driver is not installed, or the disk refuses
 */
export async function poolInfo(app: App, record: PoolRecord): Promise<ReadonlyMap<string, string>> {
  const info = new Map(poolConfig(app, record));
  const pool = toPool(app, record);
  const usage = await pool.usage();
  if (usage !== undefined) {
    info.set('size', String(usage.size));
    info.set('usage', String(usage.usage));
  }
  const others = app.pools.filter((other) => other !== record && isInstalled(app, other));
  const around = await enclosingPool(
    pool,
    others.map((other) => toPool(app, other)),
  );
  if (around !== undefined) info.set('included_in', around.name);
  return info;
}

function isInstalled({ storage }: App, { driver }: PoolRecord): boolean {
  return storage.drivers.some(({ name }) => name === driver);
}

/** Vids of all volumes in a pool; those of a template before those of qubes based on it. */
export async function poolVolumes(app: App, record: PoolRecord): Promise<readonly string[]> {
  if (record.driver === KERNEL_DRIVER) return toPool(app, record).listVolumes();
  const vids = new Set<string>();
  for (const qube of templatesFirst(app.qubes)) {
    for (const volume of qube.volumes.values()) {
      if (volume.get('pool') === record.name) vids.add(volume.get('vid') ?? '');
    }
  }
  return [...vids];
}

function templatesFirst(qubes: Iterable<Qube>): ReadonlySet<Qube> {
  const sorted = new Set<Qube>();
  const add = (qube: Qube): void => {
    const template = templateOf(qube);
    if (template !== undefined && !sorted.has(template)) add(template);
    sorted.add(qube);
  };
  for (const qube of qubes) add(qube);
  return sorted;
}
