import type { DomainChange } from './hypervisor.ts';

export type ChangeListener = (uuid: string, change: DomainChange) => void;

/**
 * Tells all who listen of each change, in the order of the changes: one that a listener makes itself
 * is told when all have heard of the one before.
 */
export class Changes {
  readonly #listeners = new Set<ChangeListener>();
  readonly #waiting: (readonly [uuid: string, change: DomainChange])[] = [];
  #isTelling = false;

  /** @returns what ends it */
  add(listener: ChangeListener): () => void {
    // A function of its own for each: the same listener may come twice.
    const own: ChangeListener = (uuid, change) => listener(uuid, change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(uuid: string, change: DomainChange): void {
    this.#waiting.push([uuid, change]);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        for (const listener of [...this.#listeners]) {
          if (this.#listeners.has(listener)) listener(...next);
        }
      }
    } finally {
      this.#isTelling = false;
    }
  }
}
