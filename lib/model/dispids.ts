import { randomInt } from 'node:crypto';

import { QubesException } from '../base/admin-error.ts';

const MAX_DISPID = 10_000;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** Numbers of disposables: none is given again for a week, so that a name means one qube. */
export class Dispids {
  /** When each was given up, by a clock that never goes back. */
  readonly #given = new Map<number, number>();

  /** @param isUsed whether a qube has that number */
  unused(isUsed: (dispid: number) => boolean, now = performance.now()): number {
    const first = randomInt(MAX_DISPID);
    for (let step = 0; step < MAX_DISPID; step++) {
      const dispid = (first + step) % MAX_DISPID;
      const given = this.#given.get(dispid);
      const rests = given !== undefined && now - given < WEEK_MS;
      if (!rests && !isUsed(dispid)) return dispid;
    }
    throw new QubesException('There is no unused number for a disposable');
  }

  /** A disposable is gone. */
  giveUp(dispid: number, now = performance.now()): void {
    this.#given.set(dispid, now);
  }
}
