import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { QubesException } from '../base/admin-error.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { reasonOf } from '../base/errors.ts';
import { makePath } from '../base/make-path.ts';
import { SocketServer } from '../base/socket-server.ts';
import type { EmbeddedMemory } from './embedded-memory.ts';
import { QmemmanConnection } from './qmemman-connection.ts';
import { AVAILABLE_FILE, REQUEST_SOCKET } from './qmemman.ts';

const MAX_CLIENTS = 256;
/** Of the folder, if it has to be made: other users have no business there. */
const FOLDER_MODE = 0o750;

/** qmemman of an embedded system: the same file and socket, in its folder `run`. */
export class EmbeddedQmemman {
  readonly #folder: string;
  readonly #memory: EmbeddedMemory;
  readonly #server: SocketServer;
  /** What the file says; no number before it says anything. */
  #written: number | undefined = NaN;
  #unwatch: () => void = () => undefined;

  /** @param folder where Qubes OS has `/var/run/qubes` */
  constructor(folder: string, memory: EmbeddedMemory) {
    this.#folder = folder;
    this.#memory = memory;
    this.#server = new SocketServer(MAX_CLIENTS, (client) => {
      new QmemmanConnection(client, memory);
    });
  }

  /** Says what is available from now on, and takes requests. @throws QubesException */
  async start(): Promise<void> {
    try {
      await makePath(this.#folder, FOLDER_MODE);
      await this.#server.listen(this.#folder, REQUEST_SOCKET);
    } catch (error) {
      await this.#server.close();
      throw new QubesException(
        `Cannot serve requests for memory: ${reasonOf(anyDiskError(error))}`,
      );
    }
    this.#unwatch = this.#memory.watch(() => this.#write());
    this.#write();
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#server.close();
  }

  #write(): void {
    const path = join(this.#folder, AVAILABLE_FILE);
    try {
      const bytes = this.#memory.availableBytes;
      if (bytes === this.#written) return;
      if (bytes === undefined) {
        rmSync(path, { force: true });
      } else {
        writeFileSync(`${path}.tmp`, `${bytes}`, { mode: 0o644 });
        renameSync(`${path}.tmp`, path);
      }
      this.#written = bytes;
    } catch {
      // It only says whether a start is worth trying; a start itself asks the machine.
    }
  }
}
