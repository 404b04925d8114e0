import type { Clock } from '../../base/clock.ts';

const SECOND_MS = 1000;
/** However often it is put off, it is done after so long. */
const LONGEST_MS = 60 * SECOND_MS;

/** Work that is done later, once for all who ask for it meanwhile. */
export class Deferral {
  readonly #clock: Clock;
  readonly #work: () => void;
  #pending: { readonly first: number; readonly at: number } | undefined;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /**
   * Has it done in so many seconds.
   * @param isUrgent does not put off what is to be done earlier; else the last who asks says when
   */
  in(seconds: number, isUrgent: boolean): void {
    const now = this.#clock.now();
    const wanted = now + seconds * SECOND_MS;
    const { first, at } = this.#pending ?? { first: now, at: wanted };
    const later = Math.min(Math.max(at, wanted), Math.max(at, first + LONGEST_MS));
    this.#arm(first, isUrgent ? Math.min(at, wanted) : later);
  }

  cancel(): void {
    this.#callOff();
    this.#pending = undefined;
  }

  #arm(first: number, at: number): void {
    this.#callOff();
    this.#pending = { first, at };
    this.#callOff = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      // A timer of Node's may be too short for it.
      if (this.#clock.now() < at) {
        this.#arm(first, at);
        return;
      }
      this.#pending = undefined;
      this.#work();
    });
  }
}
