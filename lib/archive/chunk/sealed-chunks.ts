import type { Chunk } from './chunk.ts';

/** Opens the chunks of one backup, in the way they were sealed. */
export interface SealedChunks {
  /**
   * Starts on a chunk of a stream as soon as its first bytes are there.
   * @returns to be called with the chunk, once there is one
   */
  begin(name: string, untrustedHead: Uint8Array): (chunk: Chunk) => void;
  /** Starts on what takes time about a chunk, so that it is done, or on its way, at {@link open}. */
  prepare(chunk: Chunk): void;
  /** Starts to read and verify a chunk ahead of its turn; what is wrong with it {@link open} tells. */
  verifyAhead(chunk: Chunk): void;
  /**
   * The content of a chunk. Memory is given back when it is through.
   * @throws DamagedError, before the first byte, when the chunk is not genuine
   */
  open(chunk: Chunk): AsyncGenerator<Uint8Array, void, undefined>;
  /**
   * Turns what {@link open} gave of all chunks of a file into the file's compressed data.
   * @throws DamagedError when they do not make one
   */
  joined(contents: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}
