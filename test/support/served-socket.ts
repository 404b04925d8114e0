import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { createLog } from '../../lib/base/log.ts';
import type { AdminService } from '../../lib/rpc/admin-service.ts';
import { Dispatcher } from '../../lib/rpc/dispatch.ts';
import type { Permitted } from '../../lib/rpc/permitted.ts';
import { SocketHost } from '../../lib/rpc/socket-host.ts';
import type { HostLimits } from '../../lib/rpc/socket-host.ts';
import { SampleSystem } from './sample-system.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { permitOwnOnly } from './permit-own-only.ts';

/** A host on a socket of its own, in this process. */
export interface ServedSocket {
  readonly path: string;
  readonly host: SocketHost;
  readonly system: SampleSystem;
  readonly dispatcher: Dispatcher;
  /** Lines of its log. */
  readonly logged: readonly string[];
}

/** Serves a few services on the sample system. */
export async function serveSocket(
  t: Parameters<typeof temporaryFolder>[0],
  services: readonly AdminService[],
  {
    limits = {},
    permitted = permitOwnOnly,
  }: { readonly limits?: Partial<HostLimits>; readonly permitted?: Permitted } = {},
): Promise<ServedSocket> {
  const system = await SampleSystem.open(t);
  const logged: string[] = [];
  const log = createLog((line) => void logged.push(line));
  const dispatcher = new Dispatcher({ app: system.app, permitted, log }, services);
  const host = new SocketHost(log, limits);
  const path = join(await temporaryFolder(t), 'qubesd.sock');
  await host.listen(path, dispatcher);
  t.teardown(() => host.stop());
  return { path, host, system, dispatcher, logged };
}

/** A service of a test: by default it can be called in all ways. */
export function testService(
  name: string,
  handle: AdminService['handle'],
  facts: Partial<AdminService> = {},
): AdminService {
  return {
    name,
    summary: 'Of a test.',
    api: 'admin',
    destination: 'either',
    argument: 'optional',
    payload: 'optional',
    access: undefined,
    handle,
    ...facts,
  };
}

/** A client that does one thing at a time. */
export class RawClient {
  readonly socket: Socket;
  #received = '';
  /** Why the connection ended, if not in order. */
  error: string | undefined;
  /** When nothing more can come in. */
  readonly over: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text) => (this.#received += String(text)));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    this.over = new Promise((resolve) => {
      socket.on('end', resolve);
      socket.on('close', resolve);
    });
  }

  static async connect(path: string): Promise<RawClient> {
    const client = new RawClient(connect({ path, allowHalfOpen: true }));
    await once(client.socket, 'connect');
    return client;
  }

  /** All that has come in, as Latin-1. */
  get received(): string {
    return this.#received;
  }

  get isOver(): boolean {
    return this.socket.readableEnded || this.socket.destroyed;
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  end(text: string | Uint8Array = ''): void {
    this.socket.end(text);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Waits until that much has come in, or the stream is over. */
  async until(done: (received: string) => boolean): Promise<string> {
    while (!done(this.#received) && !this.isOver) {
      const more = new Promise<void>((resolve) => this.socket.once('data', () => resolve()));
      await Promise.race([more, this.over]);
    }
    return this.#received;
  }
}
