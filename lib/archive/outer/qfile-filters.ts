/**
 * Which files of an archive the receiver asked for: those whose name begins with one of the
 * filters; all of them when there are none.
 */
export class QfileFilters {
  readonly #filters: readonly string[];
  readonly #found = new Set<string>();

  constructor(filters: readonly string[]) {
    this.#filters = filters;
  }

  /** Whether the file is wanted; every filter it stands for is remembered as found. */
  wants(name: string): boolean {
    if (this.#filters.length === 0) return true;
    const first = this.#filters.find((filter) => name.startsWith(filter));
    if (first === undefined) return false;
    // Only the first filter with this beginning counts as found: `vm1` must not make `vm10/` look
    // found as well. One that names the very file does too, or `backup-header` would hide
    // `backup-header.hmac` for ever and the whole archive would be read for nothing.
    this.#found.add(first);
    if (this.#filters.includes(name)) this.#found.add(name);
    return true;
  }

  /**
   * Whether the next file that is not wanted ends the search. Backups are written folder by folder
   * in order, so nothing wanted comes behind it.
   */
  get allFound(): boolean {
    return this.#filters.length > 0 && this.#filters.every((filter) => this.#found.has(filter));
  }
}
