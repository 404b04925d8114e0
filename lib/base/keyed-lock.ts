/** A lock for each key: work waits for the work before it under the same key, first come first served. */
export class KeyedLock {
  /** The end of the last work under each key; never rejects. */
  readonly #ends = new Map<string, Promise<void>>();

  /** @throws whatever `work` throws, which does not keep the next from its turn */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#ends.get(key);
    let leave = (): void => undefined;
    const end = new Promise<void>((resolve) => (leave = resolve));
    // Held before the work begins: what it does at once may ask for the lock.
    this.#ends.set(key, end);
    try {
      if (before !== undefined) await before;
      return await work();
    } finally {
      leave();
      if (this.#ends.get(key) === end) this.#ends.delete(key);
    }
  }

  /** Resolves when no work is left under any key, also none that comes meanwhile. */
  async idle(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends.values());
  }
}
