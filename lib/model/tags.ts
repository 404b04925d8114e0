import { QubesInvalidTagError } from '../base/admin-error.ts';
import type { Owner } from './features.ts';

/**
 * Accepts a tag: letters, digits, `_` and `-`.
 * @throws QubesInvalidTagError
 */
export function parseTag(untrusted: string): string {
  if (untrusted === '') throw new QubesInvalidTagError('tag cannot be empty');
  if (!/^[a-zA-Z0-9_-]+$/.test(untrusted)) throw new QubesInvalidTagError('disallowed characters');
  return untrusted;
}

/** The tags of a qube, in the order in which they were added; each change has its event. */
export class Tags implements Iterable<string> {
  readonly #owner: Owner;
  #tags = new Set<string>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  has(tag: string): boolean {
    return this.#tags.has(tag);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#tags.values();
  }

  /**
   * A tag that is there already changes nothing and has no event.
   * @throws QubesInvalidTagError; AdminError when a handler refuses
   */
  add(tag: string): void {
    if (this.#tags.has(parseTag(tag))) return;
    this.#replace(new Set(this.#tags).add(tag));
    this.#owner.announce(`domain-tag-add:${tag}`, { tag });
  }

  /** @returns false when there was no such tag */
  delete(tag: string): boolean {
    if (!this.#tags.has(tag)) return false;
    const rest = new Set(this.#tags);
    rest.delete(tag);
    this.#replace(rest);
    this.#owner.announce(`domain-tag-delete:${tag}`, { tag });
    return true;
  }

  /** What the store says; without events. */
  load(tags: Iterable<string>): void {
    this.#tags = new Set(tags);
  }

  #replace(tags: Set<string>): void {
    const before = this.#tags;
    this.#tags = tags;
    this.#owner.changed(() => {
      this.#tags = before;
    });
  }
}
