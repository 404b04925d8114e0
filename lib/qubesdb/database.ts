import { QubesException } from '../base/admin-error.ts';
import { printable } from '../base/printable.ts';
import type { Journal } from './journal.ts';
import { COMMAND, encode } from './messages.ts';
import { isEntryPath, isValue } from './paths.ts';

/** All that a qube may keep: paths and values together, and how many. The real daemon has no limit. */
const MAX_BYTES = 1024 * 1024;
const MAX_ENTRIES = 8192;

export type WatchListener = (path: string) => void;

interface Watch {
  readonly path: string;
  readonly listener: WatchListener;
}

/**
 * The entries of one qube and who watches them, with the rules of the real daemon: a path is that of
 * an entry or not, there are no folders. Paths are ASCII, so their order is that of their bytes.
 */
export class Database {
  readonly qube: string;
  readonly #journal: Journal;
  readonly #values: Map<string, Buffer>;
  /** The paths, in order. */
  readonly #paths: string[];
  #bytes: number;
  /** The last one first: in that order they are told. */
  #watches: readonly Watch[] = [];
  #isOpen = true;

  /** @param journal where each change goes first; its entries are those the database begins with */
  constructor(qube: string, journal: Journal, entries: ReadonlyMap<string, Buffer>) {
    this.qube = qube;
    this.#journal = journal;
    this.#values = new Map(entries);
    this.#paths = [...entries.keys()].sort();
    this.#bytes = 0;
    for (const [path, value] of entries) this.#bytes += path.length + value.length;
  }

  /** Whether the qube it belongs to runs. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  read(path: string): Buffer | undefined {
    return this.#values.get(path);
  }

  /** Paths that begin so, in order. */
  list(prefix: string): readonly string[] {
    const first = this.#position(prefix);
    let end = first;
    while (this.#paths[end]?.startsWith(prefix) === true) end++;
    return this.#paths.slice(first, end);
  }

  /**
   * Changes an entry, or adds it. Nobody is told yet: see `tell`.
   * @throws QubesException when there can be no such entry, no room, or the disk refuses
   */
  write(path: string, value: Buffer): void {
    if (!isEntryPath(path)) throw this.#refusal('write', path, 'it is no path');
    if (!isValue(value)) throw this.#refusal('write', path, 'its value is too long or has a NUL');
    const old = this.#values.get(path);
    const added = value.length + (old === undefined ? path.length : -old.length);
    if (
      (old === undefined && this.#paths.length >= MAX_ENTRIES) ||
      this.#bytes + added > MAX_BYTES
    ) {
      throw this.#refusal('write', path, 'the database is full');
    }
    this.#journal.append(encode(COMMAND.write, path, value), () => this.#entries());
    if (old === undefined) this.#paths.splice(this.#position(path), 0, path);
    this.#values.set(path, value);
    this.#bytes += added;
  }

  /**
   * Removes an entry, or with a `/` at the end all whose paths begin so. Nobody is told yet.
   * @returns whether there was any
   * @throws QubesException when the disk refuses
   */
  remove(path: string): boolean {
    const isTree = path.endsWith('/');
    const gone = isTree ? this.list(path) : this.#values.has(path) ? [path] : [];
    if (gone.length === 0) return false;
    this.#journal.append(encode(COMMAND.remove, path), () => this.#entries());
    for (const one of gone) {
      this.#bytes -= one.length + (this.#values.get(one)?.length ?? 0);
      this.#values.delete(one);
    }
    this.#paths.splice(this.#position(gone[0] ?? path), gone.length);
    return true;
  }

  /**
   * Calls back when a path is told of that is this one, or begins with this one if it ends in `/`.
   * @returns what ends it
   */
  watch(path: string, listener: WatchListener): () => void {
    const watch = { path, listener };
    this.#watches = [watch, ...this.#watches];
    return () => {
      this.#watches = this.#watches.filter((other) => other !== watch);
    };
  }

  /** Tells those who watch that a path was written, or removed as it was asked for. */
  tell(path: string): void {
    for (const watch of this.#watches) {
      const isTold = watch.path.endsWith('/') ? path.startsWith(watch.path) : path === watch.path;
      if (isTold) watch.listener(path);
    }
  }

  /** Ends it: nothing is asked of it any more, nobody told. */
  close(): void {
    this.#isOpen = false;
    this.#watches = [];
    this.#journal.close();
  }

  #entries(): ReadonlyMap<string, Buffer> {
    return this.#values;
  }

  /** Of the first path that is not before this one. */
  #position(path: string): number {
    let low = 0;
    let high = this.#paths.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#paths[middle] ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #refusal(doing: string, path: string, reason: string): QubesException {
    return new QubesException(
      `Cannot ${doing} ${printable(path)} in the QubesDB of ${this.qube}: ${reason}`,
    );
  }
}
