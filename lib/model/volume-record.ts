import type { VolumeRecord } from '../storage/storage.ts';
import type { Qube } from './qube.ts';

/** Attributes of a volume, in the order in which the reference writes them. */
const ORDER = [
  'name',
  'pool',
  'vid',
  'revisions_to_keep',
  'rw',
  'save_on_stop',
  'snap_on_start',
  'ephemeral',
  'size',
  'source',
] as const;

type Attribute = (typeof ORDER)[number];

/** Sets one attribute of the record of a volume. */
export function setAttribute(qube: Qube, volume: string, key: Attribute, value: string): void {
  const record = qube.volumes.get(volume);
  if (record === undefined || record.get(key) === value) return;
  qube.setVolume(volume, inOrder(new Map(record).set(key, value)));
}

/** What we do not know comes last. */
function inOrder(record: VolumeRecord): VolumeRecord {
  const known = ORDER.flatMap((key): [string, string][] => {
    const value = record.get(key);
    return value === undefined ? [] : [[key, value]];
  });
  return new Map([...known, ...record]);
}
