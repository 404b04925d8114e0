import { QubesException } from '../base/admin-error.ts';
import type { Database } from './database.ts';
import type { QubesDb } from './qubesdb.ts';

/** A database in this process. */
export class DatabaseHandle implements QubesDb {
  readonly #database: Database;
  #isOpen = true;
  #watches: readonly (() => void)[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#open().read(path);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return this.#open().list(prefix);
  }

  async multiread(prefix: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const database = this.#open();
    const values = new Map<string, Uint8Array>();
    for (const path of database.list(prefix)) {
      values.set(path, database.read(path) ?? Buffer.alloc(0));
    }
    return values;
  }

  async write(path: string, value: string | Uint8Array): Promise<void> {
    const database = this.#open();
    database.write(path, Buffer.from(value));
    database.tell(path);
  }

  async remove(path: string): Promise<void> {
    const database = this.#open();
    if (database.remove(path)) database.tell(path);
  }

  async watch(path: string, listener: (path: string) => void): Promise<() => void> {
    const unwatch = this.#open().watch(path, listener);
    this.#watches = [...this.#watches, unwatch];
    return unwatch;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    for (const unwatch of this.#watches) unwatch();
  }

  /** @throws QubesException */
  #open(): Database {
    if (this.#isOpen && this.#database.isOpen) return this.#database;
    throw new QubesException(`The QubesDB of ${this.#database.qube} is closed`);
  }
}
