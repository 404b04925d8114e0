import { readVolume } from '../storage/volume-facts.ts';
import type { VolumeFacts } from '../storage/volume-facts.ts';
import type { PoolRecord, VolumeRecord } from '../storage/storage.ts';
import { KERNEL_DRIVER } from './kernel-volumes.ts';
import { printValue } from './property.ts';
import type { Qube } from './qube.ts';
import { volumeOf } from './qube-volumes.ts';

const DEFAULT_REVISIONS = '1';

/**
 * All that clients are told of a volume, in the order of the reference; sizes in bytes.
 * @throws PermissionDenied when the qube has no such volume
 * @throws StoragePoolException when its disk refuses
 */
export async function volumeInfo(qube: Qube, name: string): Promise<ReadonlyMap<string, string>> {
  const volume = volumeOf(qube, name);
  const record = qube.volumes.get(name) ?? new Map<string, string>();
  const pool = qube.system.pool(volume.pool.name);
  const facts = readVolume(record, revisionsOf(pool));
  const [size, usage, isOutdated] = await Promise.all([
    volume.size(),
    volume.usage(),
    volume.isOutdated(),
  ]);
  const shown = {
    pool: volume.pool.name,
    vid: volume.vid,
    size,
    usage,
    rw: facts.rw,
    source: volume.source?.vid,
    path: volume.path,
    save_on_stop: facts.saveOnStop,
    snap_on_start: facts.snapOnStart,
    revisions_to_keep: facts.revisionsToKeep,
    ephemeral: isEphemeral(record, facts, pool),
    is_outdated: isOutdated,
  };
  return new Map(Object.entries(shown).map(([key, value]) => [key, printValue(value)]));
}

function revisionsOf(pool: PoolRecord | undefined): string {
  if (pool?.driver === KERNEL_DRIVER) return '0';
  return pool?.config.get('revisions_to_keep') ?? DEFAULT_REVISIONS;
}

/** Unless told otherwise what a qube forgets is, where its pool is so. */
function isEphemeral(
  record: VolumeRecord,
  facts: VolumeFacts,
  pool: PoolRecord | undefined,
): boolean {
  const own = record.get('ephemeral');
  if (own !== undefined) return own === 'True';
  return isForgotten(facts) && pool?.config.get('ephemeral_volatile') === 'True';
}

/** Whether a volume is written and begins anew at each start: only such a one can be ephemeral. */
export function isForgotten({ rw, snapOnStart, saveOnStop }: Omit<VolumeFacts, 'name'>): boolean {
  return rw && !snapOnStart && !saveOnStop;
}
