import type { Revision } from '../../../lib/storage/storage.ts';

/** What is saved of a volume, and what a run has of it. */
export interface VolumeState {
  /** Bytes. */
  size: number;
  /** Which content: another number for each other one. Undefined when nothing is saved. */
  content: number | undefined;
  /** What a run began from; undefined when the volume is not started. */
  began: number | undefined;
  revisions: readonly Revision[];
}

/** The disk of a world: volumes by their vid, and the small files of qubes by their folder. */
export class WorldDisk {
  readonly volumes = new Map<string, VolumeState>();
  readonly folders = new Map<string, Map<string, string>>();
  #contents = 0;

  static copyOf(other: WorldDisk): WorldDisk {
    const copy = new WorldDisk();
    for (const [vid, state] of other.volumes) copy.volumes.set(vid, { ...state });
    for (const [folder, files] of other.folders) copy.folders.set(folder, new Map(files));
    copy.#contents = other.#contents;
    return copy;
  }

  newContent(): number {
    return ++this.#contents;
  }
}
