import type { InnerEntry, SparseContent } from '../inner/inner-entry.ts';
import type { Part } from './part.ts';

/** What became of a part's content. */
export interface TakenContent {
  readonly bytes: number;
  readonly dataBytes: number;
  readonly sha256?: string | undefined;
  readonly dataSha256?: string | undefined;
  /** Where it was put, relative to the target folder. */
  readonly path?: string;
  /** Of a folder: what is directly in it. */
  readonly inside?: readonly TakenChild[];
}

/** A file, folder or link in a folder that was taken. */
export interface TakenChild extends TakenContent {
  /** Its file name: nothing but a name, but whatever else the archive says. */
  readonly untrustedName: string;
}

/**
 * Where the content of parts goes: nowhere (verify), to a folder (extract), to a stream (cat).
 * All methods read to the end of what they are given, because only there is it known to be whole,
 * and keep nothing when that throws.
 */
export interface PartSink {
  takeFile(part: Part, content: SparseContent): Promise<TakenContent>;
  /** A folder: dom0's home, or one that stood beside images before format 4. */
  takeFolder(part: Part, entries: AsyncIterable<InnerEntry>): Promise<TakenContent>;
  /** A symlink. Where it leads is only text. */
  takeLink(part: Part, untrustedTarget: string): Promise<TakenContent>;
  /** A part that was taken turned out to be bad after all. */
  discard(part: Part): Promise<void>;
}
