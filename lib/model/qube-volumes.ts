import { PermissionDenied, QubesException } from '../base/admin-error.ts';
import type { Pool, PoolRecord, Volume, VolumeRecord } from '../storage/storage.ts';
import { withTemplates } from './properties/template.ts';
import type { Qube, System } from './qube.ts';

/**
 * A volume of a qube, on its disk.
 * @throws PermissionDenied when the qube has no such volume, in the words that clients know
 * @throws QubesException for a pool that is gone
 */
export function volumeOf(qube: Qube, name: string): Volume {
  const record = qube.volumes.get(name);
  if (record === undefined) throw new PermissionDenied(`Argument not in '${qube.name} volumes'`);
  return toVolume(qube, record);
}

/** All volumes of a qube, in the order of the store. */
export function volumesOf(qube: Qube): readonly Volume[] {
  return [...qube.volumes.values()].map((record) => toVolume(qube, record));
}

/** @throws QubesException for records whose pool is gone */
export function toVolume(qube: Qube, record: VolumeRecord): Volume {
  const pool = poolOf(qube.system, record);
  const source = record.get('source');
  return pool.volume(record, source === undefined ? undefined : sourceOf(qube, record, source));
}

/**
 * The same without what it begins from, which may be gone: enough to end a run of it, or to remove it.
 * @throws QubesException for records whose pool is gone
 */
export function toVolumeAlone(qube: Qube, record: VolumeRecord): Volume {
  return poolOf(qube.system, record).volume(record, undefined);
}

/** A pool by its record. @throws StoragePoolException for a driver that is not installed */
export function toPool(system: System, record: PoolRecord): Pool {
  return system.storage.pool(record);
}

function poolOf(system: System, record: VolumeRecord): Pool {
  const name = record.get('pool') ?? '';
  const pool = system.pool(name);
  if (pool === undefined) throw new QubesException(`Unknown storage pool ${name}`);
  return toPool(system, pool);
}

/** The volume of a template, or of the template's template, that a snapshot begins from. */
function sourceOf(qube: Qube, record: VolumeRecord, vid: string): Volume {
  const owner = sourceOwner(qube, record);
  const found = owner && findVolume(owner, record.get('pool'), vid);
  if (owner !== undefined && found !== undefined) return toVolume(owner, found);
  throw new QubesException(`No template of ${qube.name} has the volume ${vid}`);
}

/** The qube whose volume a snapshot begins from. */
export function sourceOwner(qube: Qube, record: VolumeRecord): Qube | undefined {
  const vid = record.get('source');
  if (vid === undefined) return undefined;
  return [...withTemplates(qube)].find(
    (owner) => owner !== qube && findVolume(owner, record.get('pool'), vid) !== undefined,
  );
}

function findVolume(
  { volumes }: Qube,
  pool: string | undefined,
  vid: string,
): VolumeRecord | undefined {
  return [...volumes.values()].find(
    (record) => record.get('vid') === vid && record.get('pool') === pool,
  );
}
