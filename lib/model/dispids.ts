import { randomInt } from 'node:crypto';

import { QubesException } from '../base/admin-error.ts';

const MAX_DISPID = 10_000;
/** The names of them all. */
const UNNAMED = /^disp(0|[1-9][0-9]{0,3})$/;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** What an unnamed disposable is called. */
export function nameOfDispid(dispid: number): string {
  return `disp${dispid}`;
}

/** Whether unnamed disposables get such names; people may have given one to another qube. */
export function isNameOfDispid(name: string): boolean {
  return UNNAMED.test(name);
}

/** Numbers of disposables: none is given again for a week, so that a name means one qube. */
export class Dispids {
  /** When each was given or given up, by a clock that never goes back. */
  readonly #given = new Map<number, number>();

  /** Gives a number. @param isUsed whether a qube has it */
  take(isUsed: (dispid: number) => boolean, now = performance.now()): number {
    const first = randomInt(MAX_DISPID);
    for (let step = 0; step < MAX_DISPID; step++) {
      const dispid = (first + step) % MAX_DISPID;
      const given = this.#given.get(dispid);
      const rests = given !== undefined && now - given < WEEK_MS;
      if (rests || isUsed(dispid)) continue;
      this.#given.set(dispid, now);
      return dispid;
    }
    throw new QubesException('There is no unused number for a disposable');
  }

  /** Nothing came of the disposable it was given for. */
  takeBack(dispid: number): void {
    this.#given.delete(dispid);
  }

  /** A disposable is gone. */
  giveUp(dispid: number, now = performance.now()): void {
    this.#given.set(dispid, now);
  }
}
