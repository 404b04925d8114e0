import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DamagedError } from '../../base/errors.ts';
import { readAt } from '../../base/read-at.ts';
import { MiB } from '../../base/size.ts';

/** The unit in which chunks are read, verified and decrypted; a turn of the event loop each. */
const SLICE = MiB;

/** The ciphertext of one chunk. It can be gone through more than once, always with the same bytes. */
export interface ChunkData {
  readonly size: number;
  slices(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Gives the memory back. Slices handed out before are no longer valid. */
  release(): void;
}

/**
 * Memory for chunks in pieces that are used again: buffers of 100 MiB left to the garbage collector
 * would stay long after they count as free.
 */
export class SlabPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLICE);
  }

  give(slabs: readonly Uint8Array[]): void {
    this.#free.push(...slabs);
  }
}

/** Reads a member of a stream into memory. Shorter than announced if the source ends before. */
export async function holdStream(
  source: AsyncIterable<Uint8Array>,
  pool: SlabPool,
): Promise<ChunkData> {
  const slabs: Uint8Array[] = [];
  let size = 0;
  for await (const block of source) {
    for (let taken = 0; taken < block.length;) {
      const at = size % SLICE;
      if (at === 0) slabs.push(pool.take());
      const part = block.subarray(taken, taken + SLICE - at);
      slabs.at(-1)?.set(part, at);
      taken += part.length;
      size += part.length;
    }
  }
  return new HeldChunk(slabs, size, pool);
}

/** Reads a range of a file into memory. Shorter than announced if the file ends before. */
export async function holdRange(
  file: FileHandle,
  offset: number,
  length: number,
  pool: SlabPool,
): Promise<ChunkData> {
  const slabs: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < length) {
      const slab = pool.take();
      slabs.push(slab);
      const wanted = Math.min(SLICE, length - size);
      const got = await readFully(file, slab, offset + size, wanted);
      size += got;
      if (got < wanted) break;
    }
  } catch (error) {
    pool.give(slabs);
    throw error;
  }
  return new HeldChunk(slabs, size, pool);
}

class HeldChunk implements ChunkData {
  readonly size: number;
  readonly #pool: SlabPool;
  #slabs: readonly Uint8Array[];

  constructor(slabs: readonly Uint8Array[], size: number, pool: SlabPool) {
    this.#slabs = slabs;
    this.size = size;
    this.#pool = pool;
  }

  async *slices(): AsyncGenerator<Uint8Array, void, undefined> {
    let left = this.size;
    for (const slab of this.#slabs) {
      yield slab.subarray(0, left);
      left -= SLICE;
      await nextTurn();
    }
  }

  release(): void {
    this.#pool.give(this.#slabs);
    this.#slabs = [];
  }
}

/**
 * A chunk that is too large to be held: its range of a file is read anew each time. What a later
 * reading gives is compared with the first, slice by slice, before it is handed out, so that bytes
 * changed in between (the medium is not to be trusted) are never taken for those that were verified.
 */
export class RereadChunk implements ChunkData {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #offset: number;
  readonly #digests: string[] = [];

  constructor(file: FileHandle, offset: number, size: number) {
    this.#file = file;
    this.#offset = offset;
    this.size = size;
  }

  async *slices(): AsyncGenerator<Uint8Array, void, undefined> {
    const slab = Buffer.allocUnsafeSlow(SLICE);
    let at = 0;
    for (let index = 0; at < this.size; index++) {
      const filled = await readFully(
        this.#file,
        slab,
        this.#offset + at,
        Math.min(SLICE, this.size - at),
      );
      const slice = slab.subarray(0, filled);
      const digest = createHash('sha256').update(slice).digest('base64');
      const before = this.#digests[index];
      if (before === undefined) this.#digests.push(digest);
      else if (before !== digest) {
        throw new DamagedError('The archive changed while it was read', { stage: 'source' });
      }
      if (filled === 0) return;
      yield slice;
      at += filled;
    }
  }

  release(): void {
    this.#digests.length = 0;
  }
}

/** Bytes of a file; fewer if it ends before. */
export async function readBytes(
  file: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, await readFully(file, bytes, offset, length));
}

async function readFully(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  length: number,
): Promise<number> {
  let filled = 0;
  while (filled < length) {
    const at = position + filled;
    const { bytesRead } = await readAt(file, into, filled, length - filled, at);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
