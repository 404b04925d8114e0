/**
 * What has changed since the store was last known to be on disk, as the steps that would take it
 * back. A write that fails leaves no half of itself in memory, and a disk that is full no state
 * that is only in memory.
 */
export class ChangeLog {
  readonly #undo: (() => void)[] = [];

  /** How many changes are not on disk. */
  get length(): number {
    return this.#undo.length;
  }

  record(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Takes back all but the first `kept` changes, the last one first. */
  rollBackTo(kept: number): void {
    while (this.#undo.length > kept) this.#undo.pop()?.();
  }

  /** The first `count` changes are on disk. */
  forget(count: number): void {
    this.#undo.splice(0, count);
  }
}
