import { LONGEST_MS } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';

const SECOND_MS = 1000;

interface Wait {
  /** How long it was to take when it began. */
  readonly seconds: number;
  callOff: () => void;
}

/**
 * Work that is done later, once for all who ask for it meanwhile, when the first of them wants it.
 * What time it is does not matter: somebody may set the clock.
 */
export class Deferral {
  readonly #clock: Clock;
  readonly #work: () => void;
  /** Each is shorter than the one before, and may yet be over later. */
  readonly #waits: Wait[] = [];

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Has it done in so many seconds, if not earlier. */
  in(seconds: number): void {
    if (this.#waits.some((wait) => wait.seconds <= seconds)) return;
    const wait: Wait = { seconds, callOff: () => undefined };
    this.#waits.push(wait);
    this.#go(wait, seconds * SECOND_MS);
  }

  /** Whether it is still to be done. */
  get isPending(): boolean {
    return this.#waits.length > 0;
  }

  cancel(): void {
    for (const { callOff } of this.#waits.splice(0)) callOff();
  }

  /** A timer of Node's may be too short for it. */
  #go(wait: Wait, ms: number): void {
    const part = Math.min(ms, LONGEST_MS);
    wait.callOff = this.#clock.after(part, () => {
      if (part < ms) {
        this.#go(wait, ms - part);
        return;
      }
      this.cancel();
      this.#work();
    });
  }
}
