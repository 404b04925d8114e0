/** A lock for each key: work waits for the work before it under the same key, first come first served. */
export class KeyedLock {
  /** The end of the last work under each key; never rejects. */
  readonly #ends = new Map<string, Promise<void>>();

  /** @throws whatever `work` throws, which does not keep the next from its turn */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#ends.get(key);
    let letGo = (): void => undefined;
    const end = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // Held before the work begins: what it sets going at once may want the same key.
    this.#ends.set(key, end);
    try {
      if (before !== undefined) await before;
      return await work();
    } finally {
      if (this.#ends.get(key) === end) this.#ends.delete(key);
      letGo();
    }
  }
}
