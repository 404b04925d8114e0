import type { FileHandle } from 'node:fs/promises';
import { ByteReader } from '../../base/byte-reader.ts';
import { CancelledError, NeedsError } from '../../base/errors.ts';
import { Semaphore } from '../../base/semaphore.ts';
import type { MemoryBudget, Release } from '../../base/memory-budget.ts';
import { formatSize } from '../../base/size.ts';
import {
  type ChunkData,
  holdRange,
  holdStream,
  readBytes,
  RereadChunk,
  SlabPool,
} from './chunk-data.ts';
import type { OuterEntry } from '../outer/outer-entry.ts';
import { spill } from './spill.ts';

/** Bytes at the start of a chunk that its key depends on; all formats get by with these. */
export const CHUNK_HEAD = 96;

/** One sealed chunk: ciphertext that nobody has verified yet. */
export interface Chunk {
  /** Member of the archive without `.enc`, such as `vm2/root.img.000`. */
  readonly name: string;
  /** Its number in its file, from 0. */
  readonly number: number;
  /** Bytes, as the outer archive announces them. */
  readonly size: number;
  /** Formats before 4: the member that stands right behind the chunk and holds its MAC. */
  readonly untrustedMac?: Uint8Array;
  /** The first {@link CHUNK_HEAD} bytes, fewer if it has fewer. */
  head(): Promise<Uint8Array>;
  /** All bytes, once there is room for them; fewer than `size` if the archive is cut off. */
  data(): Promise<ChunkData>;
  /** Drops what is held and gets the bytes from the medium again, where that can be done. */
  reload(): Promise<ChunkData>;
  /** Gives the memory back. */
  drop(): void;
}

/** A small chunk that is in memory already, outside the budget. */
export function heldChunk(name: string, number: number, bytes: Uint8Array): Chunk {
  const data: ChunkData = {
    size: bytes.length,
    async *slices() {
      yield bytes;
    },
    release: () => undefined,
  };
  return {
    name,
    number,
    size: bytes.length,
    head: async () => bytes.subarray(0, CHUNK_HEAD),
    data: async () => data,
    reload: async () => data,
    drop: () => undefined,
  };
}

/** Bytes of a chunk, and the room they take. */
interface HeldData {
  readonly data: ChunkData;
  readonly release: Release;
}

async function filled(read: () => Promise<ChunkData>, release: Release): Promise<HeldData> {
  try {
    return { data: await read(), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Where chunks are held: memory within the budget, and a folder for what exceeds it. */
export class ChunkStore {
  readonly #budget: MemoryBudget;
  readonly #signal: AbortSignal;
  readonly #scratch: string | undefined;
  readonly #pool = new SlabPool();
  readonly #spills: Semaphore;

  /**
   * @param jobs how many files are worked on at the same time: beyond one chunk of each and one in
   *   advance nothing is put into the scratch folder
   */
  constructor(
    budget: MemoryBudget,
    jobs: number,
    signal: AbortSignal,
    scratch: string | undefined,
  ) {
    this.#budget = budget;
    this.#signal = signal;
    this.#scratch = scratch;
    this.#spills = new Semaphore(jobs + 1);
  }

  /** A chunk of a local file; nothing is read before it is asked for. */
  ofFile(name: string, number: number, file: FileHandle, offset: number, size: number): Chunk {
    let held: Promise<HeldData> | undefined;
    const read = async (): Promise<ChunkData> => await holdRange(file, offset, size, this.#pool);
    const hold = async (): Promise<HeldData> => {
      if (size > this.#budget.largestChunk) {
        return { data: new RereadChunk(file, offset, size), release: () => undefined };
      }
      const release = await this.#budget.takeForChunk(size, this.#signal);
      return await filled(read, release);
    };
    // The room is kept meanwhile: to give it back and wait for it anew could last for ever, since
    // others wait for room, too, while they hold their next chunk.
    const holdAgain = async (before: Promise<HeldData>): Promise<HeldData> => {
      const { data, release } = await before;
      data.release();
      return data instanceof RereadChunk ? { data, release } : await filled(read, release);
    };
    let dropped = false;
    const assertWanted = (): void => {
      if (dropped) throw new CancelledError(`${name} was given up`);
    };
    const drop = (): void => {
      dropped = true;
      held?.then(
        ({ data, release }) => {
          data.release();
          release();
        },
        () => undefined,
      );
      held = undefined;
    };
    return {
      name,
      number,
      size,
      head: async () => await readBytes(file, offset, Math.min(CHUNK_HEAD, size)),
      data: async () => {
        assertWanted();
        return (await (held ??= hold())).data;
      },
      reload: async () => {
        assertWanted();
        return (await (held = held === undefined ? hold() : holdAgain(held))).data;
      },
      drop,
    };
  }

  /**
   * A chunk of a stream. `onHead` is called with its first bytes as soon as they are there; the
   * promise is fulfilled when it is held completely.
   * @throws NeedsError when it is larger than the budget and there is no scratch folder
   */
  async ofStream(
    name: string,
    number: number,
    entry: OuterEntry,
    onHead: (head: Uint8Array) => void,
  ): Promise<Chunk> {
    const reader = new ByteReader(entry.data());
    const head = Uint8Array.from(await reader.upTo(CHUNK_HEAD));
    onHead(head);
    async function* everything(): AsyncGenerator<Uint8Array, void, undefined> {
      yield head;
      yield* reader.take(Infinity);
    }
    const { data, release } = await this.#holdStream(entry, everything());
    return {
      name,
      number,
      size: entry.size,
      head: async () => head,
      data: async () => data,
      reload: async () => data,
      drop: () => {
        data.release();
        release();
      },
    };
  }

  async #holdStream(entry: OuterEntry, source: AsyncIterable<Uint8Array>): Promise<HeldData> {
    if (entry.size <= this.#budget.largestChunk) {
      const release = await this.#budget.takeForChunk(entry.size, this.#signal);
      return await filled(() => holdStream(source, this.#pool), release);
    }
    if (this.#scratch === undefined) {
      throw new NeedsError(
        `Cannot hold a chunk of ${formatSize(entry.size)} from a stream: ` +
          `${formatSize(this.#budget.largestChunk)} of memory are left for chunks`,
        {
          hint:
            `Allow ${formatSize(entry.size - this.#budget.largestChunk)} more with --memory, ` +
            'or name a folder for its ciphertext with --scratch.',
        },
      );
    }
    const leave = await this.#spills.enter(this.#signal);
    try {
      const { file, size } = await spill(source, this.#scratch, this.#signal);
      const close = (): void => {
        // Nobody needs what is in it any more.
        file.close().catch(() => undefined);
        leave();
      };
      return { data: new RereadChunk(file, 0, size), release: close };
    } catch (error) {
      leave();
      throw error;
    }
  }
}
