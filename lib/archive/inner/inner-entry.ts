import type { SparseMap } from './sparse-map.ts';

/**
 * Bytes of a file and where in it they belong: a view of what the source gave, never copied, and
 * kept until it is written. So a source must not use a buffer again once it has handed it out.
 */
export interface DataBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file's content as it streams by: all of its data in order, holes left out. */
export interface SparseContent {
  /** Bytes of the whole file, holes included. */
  readonly size: number;
  blocks(): AsyncIterable<DataBlock>;
}

/** One entry of an inner tar: an image, a small file, or part of dom0's home. */
export interface InnerEntry extends SparseContent {
  /** As in the archive; bytes that are no UTF-8 are kept, see `pathBytes`. */
  readonly untrustedPath: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** Bytes stored in the archive: those of all extents. */
  readonly dataSize: number;
  /** Permission bits, setuid and the like included. */
  readonly mode: number;
  /** Seconds since 1970; may be negative, may have a fraction. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  /** Of symlinks and hardlinks only. */
  readonly untrustedLinkTarget?: string;
  /** Where the data is. */
  readonly extents: SparseMap;
  /**
   * The data, once, before the next entry is asked for; what is not taken is skipped then.
   * @throws DamagedError when the archive ends before the data does
   */
  blocks(): AsyncGenerator<DataBlock, void, undefined>;
}
