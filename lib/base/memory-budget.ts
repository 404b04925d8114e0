import { NeedsError } from './errors.ts';
import { formatSize, MiB } from './size.ts';

/** Gives back what was taken; calling it again does nothing. */
export type Release = () => void;

interface Waiter {
  readonly bytes: number;
  readonly grant: (release: Release) => void;
}

/** One side of the budget: what is in use, and who waits for more, first come first served. */
class Share {
  capacity = 0;
  used = 0;
  readonly #waiting: Waiter[] = [];

  async take(bytes: number, signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        grant: (release) => {
          signal.removeEventListener('abort', abort);
          resolve(release);
        },
      };
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.settle();
        // The reason is the caller's own error.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.settle();
    });
  }

  settle(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      // The border may have moved since the first in the row was let in: alone it always goes on.
      if (this.used > 0 && this.used + next.bytes > this.capacity) return;
      this.#waiting.shift();
      this.used += next.bytes;
      let given = false;
      next.grant(() => {
        if (given) return;
        given = true;
        this.used -= next.bytes;
        this.settle();
      });
    }
  }
}

/** One chunk that is worked on and the next one, at the size Qubes writes (100 MiB), and some. */
const CHUNKS_OF_A_JOB = 256 * MiB;

/**
 * The memory the work may take, in two shares: key derivations, and chunks in flight. A chunk
 * waits for a derivation but never the other way round, so each share alone always moves on. The
 * border between them follows the dearest derivation seen: room for one at least, and for as many
 * as there are jobs if that leaves the chunks what they need to keep the jobs busy.
 */
export class MemoryBudget {
  readonly total: number;
  readonly #jobs: number;
  readonly #derivations = new Share();
  readonly #chunks = new Share();

  /**
   * @param total bytes
   * @param jobs how many derivations are worth running at the same time
   */
  constructor(total: number, jobs: number) {
    this.total = total;
    this.#jobs = jobs;
    this.#chunks.capacity = total;
  }

  /** Bytes of the largest chunk that can be held. */
  get largestChunk(): number {
    return this.#chunks.capacity;
  }

  /**
   * Makes room for derivations of this size. To be told as soon as a size is known, before the
   * chunk it belongs to is taken in.
   * @throws NeedsError when not even one fits
   */
  expectDerivation(bytes: number): void {
    if (bytes > this.total) {
      throw new NeedsError(
        `Cannot derive a key of this backup: it takes ${formatSize(bytes)} of memory, ` +
          `and ${formatSize(this.total)} may be used`,
        { stage: 'key', hint: 'Allow more with --memory.' },
      );
    }
    const chunks = Math.min(this.total / 2, this.#jobs * CHUNKS_OF_A_JOB);
    const wanted = Math.max(bytes, Math.min(bytes * this.#jobs, this.total - chunks));
    if (wanted <= this.#derivations.capacity) return;
    this.#derivations.capacity = wanted;
    this.#chunks.capacity = this.total - wanted;
    this.#derivations.settle();
  }

  async takeForDerivation(bytes: number, signal: AbortSignal): Promise<Release> {
    this.expectDerivation(bytes);
    return await this.#derivations.take(bytes, signal);
  }

  /** Waits for room for a chunk of at most {@link largestChunk} bytes. */
  async takeForChunk(bytes: number, signal: AbortSignal): Promise<Release> {
    return await this.#chunks.take(bytes, signal);
  }
}
