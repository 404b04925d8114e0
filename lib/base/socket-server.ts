import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { openFolder } from './folder.ts';
import type { Folder } from './folder.ts';

/** Only the owner of the system: who may write to such a socket may speak for a qube, or to dom0. */
const MODE = 0o600;

/** A Unix socket that serves clients which do not keep the process. */
export class SocketServer {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #folder: Folder | undefined;

  /**
   * @param maxClients at a time; more are cut off at once
   * @param serve listens to what happens to the socket of a client, which may be half open
   */
  constructor(maxClients: number, serve: (client: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.#clients.size >= maxClients) {
        client.destroy();
        return;
      }
      this.#clients.add(client);
      client.on('close', () => this.#clients.delete(client));
      serve(client);
    });
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
}
