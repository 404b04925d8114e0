import { Random } from './random.ts';
import { StartError, Starts } from './starts.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Day, Trouble } from './day.ts';

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

/** How starts go on the machine of a day. */
export class Boots {
  readonly #starts: Starts;
  readonly #random: Random;
  readonly #trouble: Trouble;

  constructor(clock: Clock, { seed, trouble }: Day) {
    this.#starts = new Starts(clock);
    this.#random = new Random(-seed);
    this.#trouble = trouble;
  }

  /** Whether one more volume cannot be made. */
  get refusesVolume(): boolean {
    return this.#random.happens(this.#trouble.filesPercent / 100 / VOLUMES);
  }

  /** @param ended when the qube does */
  begin(ended: AbortSignal): Boot {
    const dies = this.#random.happens(this.#trouble.bootsPercent / 100);
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
