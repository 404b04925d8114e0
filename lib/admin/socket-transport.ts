import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';

import { stopIfCancelled } from '../base/cancelled.ts';
import {
  NeedsError,
  QubesRpcError,
  UsageError,
  reasonOf,
  systemErrorCode,
} from '../base/errors.ts';
import { requestFrame } from './frames.ts';
import { connectTo } from './start-host.ts';
import type { AdminRequest, AdminStream, Transport } from './transport.ts';

/** Who asks by a socket: those who can open one are dom0 to the daemon. */
const SOURCE = 'dom0';

/** Opens a connection, one for each call; which socket it is may depend on the call. */
type Connect = (method: string) => Promise<Socket>;

/** The socket of a daemon on this machine: qubesd's, or our host's. */
export class SocketTransport implements Transport {
  readonly #connect: Connect;
  readonly #executables: Pick<Transport, 'stream'> | undefined;
  readonly #source: string;

  /**
   * @param executables what serves the calls with a stream, which no socket takes; undefined where
   * nobody knows those of the daemon
   * @param source qube that asks
   */
  constructor(connect: Connect, executables?: Pick<Transport, 'stream'>, source = SOURCE) {
    this.#connect = connect;
    this.#executables = executables;
    this.#source = source;
  }

  stream(request: AdminStream, signal: AbortSignal): AsyncIterable<Uint8Array> {
    if (this.#executables !== undefined) return this.#executables.stream(request, signal);
    throw new UsageError(`${request.method} takes a stream, which this socket does not carry`);
  }

  async *send(
    request: AdminRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { payload, ...header } = request;
    const bytes = requestFrame({ ...header, source: this.#source }, payload);
    stopIfCancelled(signal);
    const socket = await this.#connect(request.method);
    addAbortSignal(signal, socket);
    try {
      socket.end(bytes);
      yield* socket as AsyncIterable<Uint8Array>;
    } catch (error) {
      stopIfCancelled(signal);
      if (error instanceof QubesRpcError || systemErrorCode(error) === undefined) throw error;
      throw new NeedsError(
        `The daemon ended the connection: ${reasonOf(error)}`,
        {},
        { cause: error },
      );
    } finally {
      socket.destroy();
    }
  }
}

/**
 * Connects to the socket of a daemon that runs already.
 * @throws NeedsError when nobody listens there, or we may not
 */
export async function connectToDaemon(path: string): Promise<Socket> {
  const socket = await connectTo(path);
  if (socket === undefined) throw new NeedsError(`There is no daemon on the socket ${path}`);
  return socket;
}
