import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';

import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Where the database of a running qube of an embedded system is served. */
export function databaseSocket(root: string, qube: string): string {
  return join(root, 'run', qube, 'qubesdb.sock');
}

/** The databases of a system of the test's own, closed when the test ends. */
export async function openDatabases(
  t: Parameters<typeof temporaryFolder>[0],
): Promise<{ readonly root: string; readonly door: EmbeddedQubesDb }> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'run'));
  const door = new EmbeddedQubesDb(root);
  t.teardown(() => door.close());
  return { root, door };
}

/** A client that sends what bytes it likes. */
export class RawDatabaseClient {
  readonly socket: Socket;
  #received: Buffer[] = [];
  #count = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;

  static async connect(path: string): Promise<RawDatabaseClient> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawDatabaseClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#count += bytes.length;
      this.#wake();
    });
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.#isClosed = true;
        this.#wake();
      });
    }
    socket.on('error', () => undefined);
  }

  /** Waits for at least so many bytes, or the end, and takes all that is there. */
  async take(count: number): Promise<Buffer> {
    while (this.#count < count && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = Buffer.concat(this.#received);
    this.#received = [];
    this.#count = 0;
    return taken;
  }

  /** All that comes until the other end closes. */
  rest(): Promise<Buffer> {
    return this.take(Infinity);
  }
}
