import type { Revision } from '../storage.ts';
import type { VolumeFacts } from '../volume-facts.ts';

/** The files of a volume whose content is an image. Paths are absolute. */
export interface ImageLayout {
  /** What is saved; of a running snapshot, a second name of the file it began from. */
  readonly clean: string;
  /** What the qube has while it runs. */
  readonly dirty: string;
  /** What an import writes, until it is complete. */
  readonly import: string;
  /** Files of another making that are wrong once the volume is used. */
  readonly stale: readonly string[];
  /** Such files that do no harm: they go when the volume is removed. */
  readonly leftovers: readonly string[];
  /** Path that `volume.Info` shows. */
  readonly shown: string;
  readonly revisions: Revisions;
}

/** How older states of a volume are kept: each is a file. */
export interface Revisions {
  /** Oldest first. */
  list(): Promise<readonly KeptRevision[]>;
  /**
   * Where the next one goes.
   * @param seconds when its content was saved, since 1970
   */
  nextPath(seconds: number): Promise<string>;
}

export interface KeptRevision extends Revision {
  readonly path: string;
}

/**
 * Names the files of a volume.
 * @param pathOf path of a vid in its pool, to which file names are appended
 */
export type LayOut = (facts: VolumeFacts, pathOf: (vid: string) => string) => ImageLayout;
