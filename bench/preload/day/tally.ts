/** What a day was like for the person, and what it cost. */
export interface Outcome {
  /** Seconds from each demand until something could be opened in a disposable. */
  readonly waits: readonly number[];
  /** Memory of disposables that nobody had asked for yet. */
  readonly mibHours: number;
  /** Started ahead, and ended without having been used. */
  readonly wasted: number;
  /** Started ahead, and used. */
  readonly used: number;
  /** Begun ahead while somebody waited. */
  readonly beside: number;
}

/** Counts a day as it goes by. */
export class Tally {
  readonly waits: number[] = [];
  begun = 0;
  used = 0;
  #waiting = 0;
  #beside = 0;
  #mibHours = 0;

  /** One is started ahead. */
  beginAhead(): void {
    this.begun++;
    if (this.#waiting > 0) this.#beside++;
  }

  personWaits(): void {
    this.#waiting++;
  }

  personHas(seconds: number): void {
    this.#waiting--;
    this.waits.push(seconds);
  }

  /** For so long so much memory was held by disposables that nobody had asked for. */
  hold(mib: number, seconds: number): void {
    this.#mibHours += (mib * seconds) / 3600;
  }

  /** @param left how many wait for use in the evening: these are not wasted */
  outcome(left: number): Outcome {
    return {
      waits: this.waits,
      mibHours: this.#mibHours,
      wasted: this.begun - this.used - left,
      used: this.used,
      beside: this.#beside,
    };
  }
}
