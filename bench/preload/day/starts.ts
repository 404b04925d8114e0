import type { Clock } from '../../../lib/base/clock.ts';

const SECOND_MS = 1000;
/** By so much of its own time each further one slows all down that start at the same time. */
const SLOWING = 0.5;

/** A start has failed, or was called off. */
export class StartError extends Error {}

interface Work {
  /** Seconds that it would take alone. */
  left: number;
  readonly done: () => void;
}

/** Qubes that start on one machine: each takes longer while others do. */
export class Starts {
  readonly #clock: Clock;
  readonly #works = new Set<Work>();
  #asOf = 0;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when a piece of work is done that takes so many seconds alone.
   * @param ended calls it off
   */
  async work(seconds: number, ended: AbortSignal): Promise<void> {
    if (ended.aborted) throw new StartError();
    this.#goOn();
    await new Promise<void>((resolve, reject) => {
      const work = { left: seconds, done: resolve };
      this.#works.add(work);
      ended.addEventListener('abort', () => {
        this.#goOn();
        this.#works.delete(work);
        this.#arm();
        reject(new StartError());
      });
      this.#arm();
    });
  }

  /** How many seconds of work are done in one second, of each. */
  get #pace(): number {
    return 1 / (1 + SLOWING * (this.#works.size - 1));
  }

  #goOn(): void {
    const now = this.#clock.now();
    const done = ((now - this.#asOf) / SECOND_MS) * this.#pace;
    this.#asOf = now;
    for (const work of this.#works) work.left -= done;
  }

  #arm(): void {
    this.#callOff();
    if (this.#works.size === 0) return;
    const least = Math.min(...[...this.#works].map(({ left }) => left));
    const ms = Math.ceil((Math.max(0, least) / this.#pace) * SECOND_MS);
    this.#callOff = this.#clock.after(ms, () => this.#finish());
  }

  #finish(): void {
    this.#goOn();
    for (const work of [...this.#works]) {
      if (work.left > 1e-6) continue;
      this.#works.delete(work);
      work.done();
    }
    this.#arm();
  }
}
