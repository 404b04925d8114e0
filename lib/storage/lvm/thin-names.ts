import { StoragePoolException } from '../../base/admin-error.ts';
import type { Revision } from '../storage.ts';
import type { LogicalVolumes } from './logical-volumes.ts';

const NAME = /^[A-Za-z0-9_+.][A-Za-z0-9_+.-]*$/;

/** Whether LVM takes a text for the name of a group, pool or volume. */
export function isLvmName(untrusted: string): boolean {
  return NAME.test(untrusted) && untrusted !== '.' && untrusted !== '..';
}

/** The logical volumes that belong to one volume, as the reference names them. `GROUP/NAME` each. */
export class ThinNames {
  readonly vid: string;
  /** What a qube has while it runs. */
  readonly snapshot: string;
  /** What an import writes, until it is complete. */
  readonly import: string;

  /** @throws StoragePoolException for a vid that cannot be a logical volume */
  constructor(vid: string) {
    const parts = vid.split('/');
    if (parts.length !== 2 || !parts.every(isLvmName)) {
      throw new StoragePoolException(`Volume ${vid} cannot be a logical volume`);
    }
    this.vid = vid;
    this.snapshot = `${vid}-snap`;
    this.import = `${vid}-import`;
  }

  revision(id: string): string {
    return `${this.vid}-${id}`;
  }

  /** Oldest first: `1731999600-back`. */
  revisions(volumes: LogicalVolumes): readonly Revision[] {
    const found: Revision[] = [];
    for (const name of volumes.keys()) {
      if (!name.startsWith(`${this.vid}-`)) continue;
      const id = name.slice(this.vid.length + 1);
      const seconds = /^(\d{1,15})-back$/.exec(id)?.[1];
      if (seconds !== undefined) found.push({ id, time: Number(seconds) });
    }
    return found.sort((one, other) => one.time - other.time);
  }

  /** A name for what was saved until now; names of the same second follow each other. */
  nextRevision(volumes: LogicalVolumes, now: number): string {
    for (let seconds = now; ; seconds++) {
      const name = this.revision(`${seconds}-back`);
      if (!volumes.has(name)) return name;
    }
  }

  /** What is saved: its latest revision where a change of names broke off halfway. */
  saved(volumes: LogicalVolumes): string {
    const latest = this.revisions(volumes).at(-1);
    if (volumes.has(this.vid) || latest === undefined) return this.vid;
    return this.revision(latest.id);
  }
}

/** Where a logical volume is to be read and written. */
export function mapperPath(volume: string): string {
  return `/dev/mapper/${volume.replaceAll('-', '--').replace('/', '-')}`;
}
