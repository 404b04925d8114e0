import { QubesException } from '../../../lib/base/admin-error.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Operation, Trouble } from './trouble.ts';

/** How an operation is done. */
interface Manner {
  /** It goes on when the host is gone that has asked for it: another program does it. */
  readonly outlives?: boolean;
  /** Ends an operation that hangs; what it rejects with is the reason of the failure. */
  readonly until?: Promise<never>;
}

/**
 * One run of a host: all it does outside goes through here, where it can fail, take its time, or find
 * the host killed, before it is done or after. What a dead host asks for is never answered.
 */
export class Life {
  isOver = false;
  readonly clock: Clock;
  readonly trouble: Trouble;
  readonly #outside: Clock;
  readonly #onEnd: (() => void)[] = [];
  /** So many steps until the host is killed; each operation has two. */
  #fuse = Infinity;
  #timers = 0;

  constructor(outside: Clock, trouble: Trouble) {
    this.#outside = outside;
    this.trouble = trouble;
    this.clock = { now: () => outside.now(), after: (ms, callback) => this.#after(ms, callback) };
  }

  /** How many timers of the host wait. */
  get timers(): number {
    return this.#timers;
  }

  /** Kills the host when it has made so many steps. */
  killAfter(steps: number): void {
    this.#fuse = steps;
  }

  kill(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const end of this.#onEnd) end();
  }

  whenOver(work: () => void): void {
    this.#onEnd.push(work);
  }

  /** Does something outside. @param effect makes it so, at once */
  async do<Result>(
    operation: Operation,
    effect: () => Result | Promise<Result>,
    { outlives = false, until }: Manner = {},
  ): Promise<Result> {
    if (!this.#step()) return never();
    const fate = this.trouble.next(operation);
    if (fate.effect === 'hangs') return until ?? never();
    if (fate.ms > 0) {
      const elapsed = new Promise<void>((resolve) => this.#outside.after(fate.ms, resolve));
      await (until === undefined ? elapsed : Promise.race([elapsed, until]));
    }
    if (!outlives && !this.#lives()) return never();
    if (fate.effect === 'fails') throw new QubesException(`${operation} was made to fail`);
    const result = await effect();
    return this.#step() ? result : never();
  }

  /** @returns whether the host lives on */
  #step(): boolean {
    if (--this.#fuse <= 0) this.kill();
    return this.#lives();
  }

  #lives(): boolean {
    return !this.isOver;
  }

  #after(ms: number, callback: () => void): () => void {
    if (this.isOver) return () => undefined;
    this.#timers++;
    let isWaiting = true;
    const leave = (): boolean => {
      if (!isWaiting) return false;
      isWaiting = false;
      this.#timers--;
      return true;
    };
    const callOff = this.#outside.after(ms, () => {
      if (leave() && !this.isOver) callback();
    });
    return () => {
      if (leave()) callOff();
    };
  }
}

function never<Result>(): Promise<Result> {
  return new Promise(() => undefined);
}
