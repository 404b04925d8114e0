import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { openFolder } from '../base/folder.ts';
import type { Folder } from '../base/folder.ts';
import type { Database } from './database.ts';
import { ServerConnection } from './server-connection.ts';

/** As many as the real daemon has room for. */
const MAX_CLIENTS = 256;

/** Only the owner of the system: whoever may write here may speak for the qube. */
const MODE = 0o600;

/** The socket of a qube's database: what the qubesdb-daemon is to its clients. */
export class QubesDbServer {
  readonly #database: Database;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #folder: Folder | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    // The qubes of a system do not keep the process that serves them.
    this.#server.unref();
  }

  /**
   * Makes the socket; one that a dead process left is replaced. The path that the system gets leads
   * through the opened folder: a socket's own has room for 107 bytes only.
   * @throws NeedsError when it cannot be made
   */
  async listen(folderPath: string, name: string): Promise<void> {
    const folder = await openFolder(folderPath);
    this.#folder = folder;
    await folder.remove(name);
    const path = folder.pathOf(name).toString();
    const listening = once(this.#server, 'listening');
    this.#server.listen(path);
    await listening;
    await chmod(path, MODE);
  }

  /** Cuts off all clients, and removes the socket. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    if (this.#server.listening) {
      const closed = once(this.#server, 'close');
      this.#server.close();
      await closed;
    }
    await this.#folder?.close();
    this.#folder = undefined;
  }

  #accept(socket: Socket): void {
    if (this.#clients.size >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    this.#clients.add(socket);
    socket.on('close', () => this.#clients.delete(socket));
    new ServerConnection(socket, this.#database);
  }
}
