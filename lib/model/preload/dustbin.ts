import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Qube } from '../qube.ts';
import { endDisposable } from './end-disposable.ts';

const SECOND_MS = 1000;
const FIRST_RETRY_SECONDS = 5;
const LAST_RETRY_SECONDS = 600;

/** Where disposables go that are given up: each is ended and removed, however often that fails. */
export class Dustbin {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #closed: AbortSignal;
  readonly #inside = new Map<Qube, Promise<void>>();

  /** @param closed ends it: what is left is for the next host */
  constructor(clock: Clock, log: Logger, closed: AbortSignal) {
    this.#clock = clock;
    this.#log = log;
    this.#closed = closed;
  }

  /**
   * Ends and removes a disposable.
   * @returns when it is gone
   * @throws AdminError when it is not at once; it is tried again then
   */
  throwAway(qube: Qube): Promise<void> {
    const known = this.#inside.get(qube);
    if (known !== undefined) return known;
    const first = endDisposable(qube);
    this.#inside.set(qube, first);
    first.then(
      () => void this.#inside.delete(qube),
      (error: unknown) => this.#tryLater(qube, error, FIRST_RETRY_SECONDS),
    );
    return first;
  }

  /** The same, in so many seconds, and nobody waits for it. */
  throwAwayLater(qube: Qube, seconds: number): void {
    this.#after(seconds, () => void this.throwAway(qube).catch(() => undefined));
  }

  #tryLater(qube: Qube, error: unknown, seconds: number): void {
    if (this.#closed.aborted) return;
    this.#log.error({ err: error }, `${qube.name}: cannot be removed; tried again in ${seconds} s`);
    this.#after(seconds, () => {
      const next = Math.min(2 * seconds, LAST_RETRY_SECONDS);
      endDisposable(qube).then(
        () => void this.#inside.delete(qube),
        (again: unknown) => this.#tryLater(qube, again, next),
      );
    });
  }

  #after(seconds: number, work: () => void): void {
    const callOff = this.#clock.after(seconds * SECOND_MS, () => {
      this.#closed.removeEventListener('abort', callOff);
      work();
    });
    this.#closed.addEventListener('abort', callOff, { once: true });
  }
}
