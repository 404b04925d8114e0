import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { QubesException } from '../base/admin-error.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { reasonOf } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { makePath } from '../base/make-path.ts';
import { Database } from './database.ts';
import { DatabaseHandle } from './database-handle.ts';
import { Journal, readJournal } from './journal.ts';
import type { QubesDb, QubesDbDoor } from './qubesdb.ts';
import { QubesDbServer } from './server.ts';

const SOCKET = 'qubesdb.sock';
const JOURNAL = 'qubesdb.journal';
const ADMIN = 'dom0';

interface Named {
  readonly name: string;
}

interface Running {
  readonly database: Database;
  readonly server: QubesDbServer;
}

/**
 * The databases of an embedded system: of each running qube in memory, served on the socket
 * `run/NAME/qubesdb.sock`, and kept in a journal beside it for the next host. That of dom0 is always
 * there.
 */
export class EmbeddedQubesDb implements QubesDbDoor {
  readonly #runFolder: string;
  readonly #running = new Map<string, Running>();
  readonly #lock = new KeyedLock();

  /** @param root folder of the system */
  constructor(root: string) {
    this.#runFolder = join(root, 'run');
  }

  start({ name }: Named): Promise<void> {
    return this.#lock.run(name, async () => {
      await this.#end(name);
      await this.#begin(name, new Map());
    });
  }

  stop({ name }: Named): Promise<void> {
    return this.#lock.run(name, async () => {
      await this.#end(name);
      const folder = this.#folderOf(name);
      // The socket as well: a host that was killed has left its own.
      for (const file of [JOURNAL, SOCKET]) await rm(join(folder, file), { force: true });
      // Services of the qube may have left something in it.
      await rmdir(folder).catch(() => undefined);
    });
  }

  async open(qube: string): Promise<QubesDb | undefined> {
    if (qube === ADMIN) await this.#lock.run(ADMIN, () => this.#beginAdmin());
    const running = this.#running.get(qube);
    return running === undefined ? undefined : new DatabaseHandle(running.database);
  }

  /**
   * Serves the databases again that an earlier host of this system had; a journal of any other qube
   * is of no use any more and goes when that qube starts.
   * @param qubes names of those that still run
   * @throws QubesException when a journal cannot be read
   */
  async resume(qubes: Iterable<string>): Promise<void> {
    for (const name of qubes) {
      await this.#lock.run(name, async () => {
        if (this.#running.has(name)) return;
        const entries = readJournal(join(this.#folderOf(name), JOURNAL));
        await this.#begin(name, entries ?? new Map<string, Buffer>());
      });
    }
  }

  /** Ends the serving; what the databases hold stays for the next host. */
  async close(): Promise<void> {
    for (const name of this.#running.keys()) await this.#lock.run(name, () => this.#end(name));
  }

  async #beginAdmin(): Promise<void> {
    if (!this.#running.has(ADMIN)) await this.#begin(ADMIN, new Map());
  }

  async #begin(name: string, entries: ReadonlyMap<string, Buffer>): Promise<void> {
    try {
      this.#running.set(name, await serve(name, this.#folderOf(name), entries));
    } catch (error) {
      throw new QubesException(
        `Cannot start the QubesDB of ${name}: ${reasonOf(anyDiskError(error))}`,
      );
    }
  }

  async #end(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    await running.server.close();
    running.database.close();
  }

  #folderOf(name: string): string {
    return join(this.#runFolder, name);
  }
}

/** Makes a database that begins with these entries, and its socket. */
async function serve(
  name: string,
  folder: string,
  entries: ReadonlyMap<string, Buffer>,
): Promise<Running> {
  await makePath(folder, 0o700);
  const database = new Database(name, new Journal(join(folder, JOURNAL), entries), entries);
  const server = new QubesDbServer(database);
  try {
    await server.listen(folder, SOCKET);
  } catch (error) {
    await server.close();
    database.close();
    throw error;
  }
  return { database, server };
}
