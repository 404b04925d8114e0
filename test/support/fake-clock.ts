import type { Clock } from '../../lib/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that goes on when a test says so. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  /** In the order in which they are due. */
  readonly #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1]?.at ?? 0) > timer.at) place--;
    this.#timers.splice(place, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** Lets time pass, and everything happen in its order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let [next] = this.#timers; next !== undefined && next.at <= end; [next] = this.#timers) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers.shift();
      next.callback();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Lets promises run that were waited for. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
