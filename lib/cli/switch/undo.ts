/** Steps that are taken back, the last one first, when a later one fails. */
export class Undo {
  readonly #steps: (() => Promise<void>)[] = [];

  /** Takes a step, and remembers how to take it back, also when it fails halfway. */
  async step(take: () => Promise<void>, takeBack: () => Promise<void>): Promise<void> {
    this.#steps.push(takeBack);
    await take();
  }

  /** @returns what could not be taken back */
  async all(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const takeBack of this.#steps.reverse()) {
      await takeBack().catch((error: unknown) => failures.push(error));
    }
    return failures;
  }
}
