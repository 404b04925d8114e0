/** A lock for each key: work waits for the work before it under the same key, first come first served. */
export class KeyedLock {
  /** The end of the last work under each key; never rejects. */
  readonly #ends = new Map<string, Promise<void>>();

  /** @throws whatever `work` throws, which does not keep the next from its turn */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#ends.get(key);
    const result = before === undefined ? work() : before.then(work);
    const end = result.then(ignore, ignore);
    this.#ends.set(key, end);
    try {
      return await result;
    } finally {
      if (this.#ends.get(key) === end) this.#ends.delete(key);
    }
  }
}

function ignore(): void {
  // How it ended is the affair of whoever began it.
}
