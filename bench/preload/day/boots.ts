import { Random } from './random.ts';
import { StartError, Starts } from './starts.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Day } from './day.ts';

/** Until qrexec answers, on a machine that does nothing else. */
const UP_SECONDS = 4;
/** From then on until the session runs in which something can be opened. */
const SERVING_SECONDS = 2;
/** That are made for each disposable. */
export const VOLUMES = 3;
/** Memory of a qube that starts, and of one that has given back what it does not need. */
export const MEMORY_MIB = 400;
export const SHRUNK_MIB = 200;
/** For the making of a domain, and for the giving back of memory. */
export const CREATE_SECONDS = 0.5;
export const SHRINK_SECONDS = 1;

/** A qube that starts: both reject when it ends meanwhile. */
export interface Boot {
  readonly up: Promise<void>;
  readonly serving: Promise<void>;
}

/**
 * How starts go on the machine of a day: of those that fail, half cannot have their files made, the
 * others die half-way to being up.
 */
export class Boots {
  readonly #starts: Starts;
  readonly #random: Random;
  readonly #failing: number;

  constructor(clock: Clock, { seed, failurePercent }: Day) {
    this.#starts = new Starts(clock);
    this.#random = new Random(-seed);
    this.#failing = failurePercent / 100 / 2;
  }

  /** Whether one more volume cannot be made. */
  get refusesVolume(): boolean {
    return this.#random.happens(this.#failing / VOLUMES);
  }

  /** @param ended when the qube does */
  begin(ended: AbortSignal): Boot {
    const dies = this.#random.happens(this.#failing);
    const up = this.#up(dies, ended);
    const serving = up.then(() => this.#starts.work(SERVING_SECONDS, ended));
    serving.catch(() => undefined);
    return { up, serving };
  }

  async #up(dies: boolean, ended: AbortSignal): Promise<void> {
    await this.#starts.work(dies ? UP_SECONDS / 2 : UP_SECONDS, ended);
    if (dies) throw new StartError();
  }
}
