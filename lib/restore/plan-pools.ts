import type { PlannedPool, PlannedQube } from '../base/restore-plan.ts';
import type { HostFacts } from './host-facts.ts';

/**
 * What the volumes of the qubes need of each pool, and what is free there. A thin pool, and files
 * with holes, take what is written to them: at most the size of a volume, and at most the data of
 * its qube. What an earlier run has begun is not counted, for nobody knows how much of it is there.
 */
export function planPools(
  qubes: readonly PlannedQube[],
  host: Pick<HostFacts, 'pools' | 'globals'>,
): PlannedPool[] {
  const needs = new Map<string, number>();
  for (const qube of qubes) {
    if (qube.action === 'skip' || qube.resumes === true) continue;
    for (const [pool, needed] of needsOf(qube, host.globals)) {
      needs.set(pool, (needs.get(pool) ?? 0) + needed);
    }
  }
  return [...needs].map(([name, needed]) => {
    const free = host.pools.get(name)?.free;
    return { name, needed, ...(free !== undefined && { free }) };
  });
}

/** Whether a pool has less than is needed of it. */
export function isTooSmall({ needed, free }: PlannedPool): boolean {
  return free !== undefined && needed > free;
}

function needsOf(
  { volumes, size }: PlannedQube,
  globals: HostFacts['globals'],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, bytes = size, pool } of volumes) {
    const target = pool ?? globals.get(`default_pool_${name}`) ?? globals.get('default_pool');
    if (target === undefined || target === null) continue;
    sizes.set(target, (sizes.get(target) ?? 0) + bytes);
  }
  // A backup that does not tell how much data a qube has says 0.
  const most = size === 0 ? Infinity : size;
  return new Map([...sizes].map(([pool, bytes]) => [pool, Math.min(bytes, most)]));
}
