import { KiB, MiB } from '../../base/size.ts';

/** What an inner tar may ask of this machine before it is called damaged. */
export interface InnerTarLimits {
  readonly maxExtents: number;
  readonly maxPaxBytes: number;
  readonly maxNameBytes: number;
  readonly maxTrailingBytes: number;
}

export const INNER_TAR_LIMITS: InnerTarLimits = {
  /**
   * Pieces of one map: 256 MiB of memory here (384 for a moment). The writer of images from block
   * devices makes a piece of every run of 512-byte blocks and holds the map in dom0 as a Python
   * list, at ten times that: it runs out of memory first.
   */
  maxExtents: 16 * 1024 * 1024,
  /**
   * One PAX header, held in memory. Only sparse maps 0.0 and 0.1, which no backup uses, are more
   * than a few hundred bytes; this is room for half a million pieces.
   */
  maxPaxBytes: 16 * MiB,
  /** A name or link target in a header of its own; Linux takes 4 KiB at once. */
  maxNameBytes: 64 * KiB,
  /** Zeros after the end mark. GNU tar pads to its record size: 10 KiB, or what `-b` says. */
  maxTrailingBytes: MiB,
};
