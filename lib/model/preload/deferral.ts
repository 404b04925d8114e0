import type { Clock } from '../../base/clock.ts';

const SECOND_MS = 1000;

/** Work that is done later, once for all who ask for it meanwhile, when the first of them wants it. */
export class Deferral {
  readonly #clock: Clock;
  readonly #work: () => void;
  #at = Infinity;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Has it done in so many seconds, if not earlier. */
  in(seconds: number): void {
    const at = this.#clock.now() + seconds * SECOND_MS;
    if (at < this.#at) this.#arm(at);
  }

  cancel(): void {
    this.#callOff();
    this.#at = Infinity;
  }

  #arm(at: number): void {
    this.#callOff();
    this.#at = at;
    this.#callOff = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      // A timer of Node's may be too short for it.
      if (this.#clock.now() < at) {
        this.#arm(at);
        return;
      }
      this.#at = Infinity;
      this.#work();
    });
  }
}
