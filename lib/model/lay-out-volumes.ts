import { QubesException } from '../base/admin-error.ts';
import type { PoolRecord, VolumeRecord } from '../storage/storage.ts';
import { KERNEL_DRIVER } from './kernel-volumes.ts';
import { kernel } from './properties/kernel.ts';
import { defaultPools } from './properties/system.ts';
import { templateOf } from './properties/template.ts';
import type { Qube, VolumeKind } from './qube.ts';

/** Which pools were asked for: one for all volumes with data of the qube's own, or one by volume. */
export interface WantedPools {
  readonly pool?: string | undefined;
  readonly pools?: ReadonlyMap<string, string> | undefined;
}

const DEFAULT_REVISIONS = '1';

/**
 * The records of the volumes a new qube gets; its template must be set.
 * @throws QubesException when a pool does not exist or cannot hold the volume
 */
export function layOutVolumes(
  qube: Qube,
  wanted: WantedPools = {},
): ReadonlyMap<string, VolumeRecord> {
  const own = qube.klass.volumes.map((kind) => layOut(qube, asTemplateHas(qube, kind), wanted));
  const names = new Set(own.map(nameOf));
  // A template may have more volumes than its class; what is based on it gets them as well.
  const more = [...(templateOf(qube)?.volumes.values() ?? [])]
    .filter((record) => own.length > 0 && !names.has(nameOf(record)))
    .map((record) => copyOf(qube, record));
  return new Map([...own, ...more].map((record) => [nameOf(record), record]));
}

/**
 * Points the volumes that begin as the template's to those of the present template. What else was
 * set for them stays, unless they come to another pool.
 * @throws QubesException when the template has no such volume
 */
export function repointVolumes(qube: Qube): void {
  for (const kind of qube.klass.volumes.filter(({ snapOnStart }) => snapOnStart)) {
    const fresh = layOut(qube, kind, {});
    const old = qube.volumes.get(kind.name);
    const moved = old === undefined || old.get('pool') !== fresh.get('pool');
    qube.setVolume(kind.name, moved ? fresh : new Map([...old, ...sourceOf(fresh)]));
  }
}

/** The kind as the template of a disposable has changed it: pool of `volatile`, `rw`, `ephemeral`. */
interface Wanted extends VolumeKind {
  readonly pool?: string | undefined;
  readonly ephemeral?: string | undefined;
}

function asTemplateHas(qube: Qube, kind: VolumeKind): Wanted {
  const record = qube.className === 'DispVM' ? templateOf(qube)?.volumes.get(kind.name) : undefined;
  if (record === undefined) return kind;
  return {
    ...kind,
    rw: record.get('rw') === 'True',
    pool: record.get('pool'),
    ephemeral: record.get('ephemeral'),
  };
}

function layOut(qube: Qube, kind: Wanted, wanted: WantedPools): VolumeRecord {
  const { name, snapOnStart } = kind;
  const origin = snapOnStart ? originOf(qube, name) : undefined;
  const pool = poolFor(qube, kind, origin, wanted);
  const isKernel = pool.driver === KERNEL_DRIVER;
  if (isKernel && kind.rw) {
    throw new QubesException(`Pool ${pool.name} holds only kernels, not the volume ${name}`);
  }
  const size = origin === undefined ? kind.size?.toString() : origin.get('size');
  return new Map(
    Object.entries({
      name,
      pool: pool.name,
      vid: isKernel ? (qube.find(kernel) ?? '') : vidOf(qube, pool, name),
      revisions_to_keep: revisionsOf(pool, kind),
      rw: printBoolean(kind.rw),
      save_on_stop: printBoolean(kind.saveOnStop),
      snap_on_start: printBoolean(snapOnStart),
      ephemeral: kind.ephemeral,
      size,
      source: origin?.get('vid'),
    }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** The volume that a snapshot begins from: the template's, or where that one begins from. */
function originOf(qube: Qube, volume: string): VolumeRecord {
  const template = templateOf(qube);
  const record = template?.volumes.get(volume);
  if (template === undefined || record === undefined) {
    throw new QubesException(`The template of ${qube.name} has no volume ${volume}`);
  }
  return record.has('source') ? originOf(template, volume) : record;
}

function poolFor(
  qube: Qube,
  kind: Wanted,
  origin: VolumeRecord | undefined,
  wanted: WantedPools,
): PoolRecord {
  const { name, snapOnStart, rw } = kind;
  const asked = wanted.pools?.get(name);
  if (asked !== undefined && snapOnStart) {
    throw new QubesException(
      `Snapshot volume ${name} must be in the same pool as its origin (${name} volume of ` +
        `template),cannot move to pool ${asked} `,
    );
  }
  const forAll = !snapOnStart && rw ? wanted.pool : undefined;
  const found =
    asked ?? forAll ?? origin?.get('pool') ?? kind.pool ?? qube.system.find(defaultPools[name]);
  if (found === undefined) throw new QubesException('Cannot determine default storage pool');
  const pool = qube.system.pool(found);
  if (pool === undefined) throw new QubesException(`Unknown storage pool ${found}`);
  return pool;
}

/** Where a driver puts a volume of a qube, unless told otherwise. */
export function vidOf(
  qube: Pick<Qube, 'name' | 'folder'>,
  { driver, config }: PoolRecord,
  volume: string,
): string {
  switch (driver) {
    case 'lvm_thin':
      return `${config.get('volume_group') ?? ''}/vm-${qube.name}-${volume}`;
    case 'zfs':
      return `${config.get('container') ?? ''}/${qube.name}/${volume}`;
    default:
      return `${qube.folder ?? qube.name}/${volume}`;
  }
}

function revisionsOf({ driver, config }: PoolRecord, { saveOnStop }: VolumeKind): string {
  if (driver === KERNEL_DRIVER || (driver === 'file' && !saveOnStop)) return '0';
  return config.get('revisions_to_keep') ?? DEFAULT_REVISIONS;
}

function copyOf(qube: Qube, record: VolumeRecord): VolumeRecord {
  const pool = qube.system.pool(record.get('pool') ?? '');
  if (pool === undefined) return record;
  return new Map(record).set('vid', vidOf(qube, pool, nameOf(record)));
}

/** What of a snapshot's record follows its source. */
function sourceOf(record: VolumeRecord): [string, string][] {
  return [...record].filter(([key]) => key === 'size' || key === 'source');
}

function nameOf(record: VolumeRecord): string {
  return record.get('name') ?? '';
}

function printBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}
