import { StoragePoolException } from '../base/admin-error.ts';
import { isFileName } from '../base/file-name.ts';
import type { VolumeRecord } from './storage.ts';

/** What a record says of a volume, read. */
export interface VolumeFacts {
  readonly name: string;
  readonly vid: string;
  /** Bytes. */
  readonly size: number;
  readonly rw: boolean;
  readonly snapOnStart: boolean;
  readonly saveOnStop: boolean;
  /** -1 for no snapshots at all. */
  readonly revisionsToKeep: number;
  /** Vid of the volume it begins from. */
  readonly source: string | undefined;
}

/** @param revisions of the pool, for a volume that has none of its own */
export function readVolume(record: VolumeRecord, revisions: string): VolumeFacts {
  return {
    name: record.get('name') ?? '',
    vid: record.get('vid') ?? '',
    size: Number(record.get('size') ?? 0),
    rw: record.get('rw') === 'True',
    snapOnStart: record.get('snap_on_start') === 'True',
    saveOnStop: record.get('save_on_stop') === 'True',
    revisionsToKeep: Number(record.get('revisions_to_keep') ?? revisions),
    source: record.get('source'),
  };
}

/** Whether changes go right into a volume: it is saved, and keeps no snapshots. */
export function snapshotsDisabled(facts: VolumeFacts): boolean {
  return facts.revisionsToKeep === -1 && !facts.snapOnStart && facts.saveOnStop;
}

/**
 * A vid as a path below the folder of its pool.
 * @throws StoragePoolException for one that would lead out of it
 */
export function pathOfVid(vid: string): string {
  if (vid.split('/').every(isFileName)) return vid;
  throw new StoragePoolException(`Volume ${vid} cannot be a path in its pool`);
}
