import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import { ProtocolError } from '../base/admin-error.ts';
import type { Logger } from '../base/log.ts';
import { Connection } from './connection.ts';
import type { ConnectionWatcher } from './connection.ts';
import type { Dispatcher } from './dispatch.ts';
import { listenAt } from './listen-at.ts';

/** What a host bears of callers who are slow, or do not mean it. Times in milliseconds. */
export interface HostLimits {
  /** Requests that are not complete: with 64 KiB each they hold 16 MiB. */
  readonly requests: number;
  /** Time without a byte of the request. */
  readonly idleMs: number;
  /** Time for all of it. */
  readonly requestMs: number;
  /** Time in which the reply must be taken. */
  readonly replyMs: number;
  /** How often these times are looked at, and whether those who wait for a call are still there. */
  readonly sweepMs: number;
  /** Time in which requests under way may become complete when the host stops. */
  readonly lastRequestsMs: number;
  /** Time in which calls may finish then. */
  readonly lastCallsMs: number;
}

export const HOST_LIMITS: HostLimits = {
  requests: 256,
  idleMs: 30_000,
  requestMs: 60_000,
  replyMs: 300_000,
  sweepMs: 1000,
  lastRequestsMs: 300,
  lastCallsMs: 10_000,
};

/** How often a host that stops looks whether all is done. */
const STEP_MS = 5;

/** Serves connections of Unix sockets: each brings one request. */
export class SocketHost implements ConnectionWatcher {
  readonly #log: Logger;
  readonly #limits: HostLimits;
  readonly #servers: Server[] = [];
  readonly #paths: string[] = [];
  readonly #connections = new Set<Connection>();
  /** Those whose request is not complete, the one that has been idle longest first. */
  readonly #requests = new Set<Connection>();
  #sweeper: NodeJS.Timeout | undefined;
  #quietSince = performance.now();
  /** How many connections there were in all. */
  #accepted = 0;

  constructor(log: Logger, limits: Partial<HostLimits> = {}) {
    this.#log = log;
    this.#limits = { ...HOST_LIMITS, ...limits };
  }

  /**
   * Serves one more socket.
   * @param place path of the socket to make, or descriptor of one that listens already
   * @throws UsageError
   * @throws NeedsError when it cannot be had
   */
  async listen(place: string | number, dispatcher: Dispatcher): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#add(new Connection(socket, dispatcher, this));
    });
    if (typeof place === 'string') {
      await listenAt(server, place);
      this.#paths.push(place);
    } else {
      const listening = once(server, 'listening');
      server.listen({ fd: place });
      await listening;
    }
    server.on('error', (error) => this.#log.error(`Cannot accept a connection: ${error.message}`));
    this.#servers.push(server);
  }

  /** Milliseconds since the last connection was closed; 0 while there is one. */
  get quietMs(): number {
    return this.#connections.size > 0 ? 0 : performance.now() - this.#quietSince;
  }

  /**
   * Stops: takes no more connections, ends streams of events, and lets calls finish for a while.
   * Resolves when the last connection is closed.
   */
  async stop(): Promise<void> {
    for (const path of this.#paths) await rm(path, { force: true });
    await this.#acceptWaiting();
    for (const server of this.#servers) server.close();
    await this.#until(this.#limits.lastRequestsMs, () => this.#requests.size === 0);
    for (const one of this.#requests) one.refuse(new ProtocolError('the host is stopping'));
    for (const one of this.#connections) if (one.isEventStream) one.abort();
    await this.#until(this.#limits.lastCallsMs, () => this.#connections.size === 0);
    for (const one of this.#connections) one.drop();
    clearInterval(this.#sweeper);
  }

  onBytes(connection: Connection): void {
    this.#requests.delete(connection);
    this.#requests.add(connection);
  }

  onRequest(connection: Connection): void {
    this.#requests.delete(connection);
  }

  onClose(connection: Connection): void {
    this.#requests.delete(connection);
    this.#connections.delete(connection);
    this.#quietSince = performance.now();
  }

  #add(connection: Connection): void {
    this.#accepted++;
    this.#connections.add(connection);
    this.#requests.add(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), this.#limits.sweepMs);
    if (this.#requests.size <= this.#limits.requests) return;
    const [idlest] = this.#requests;
    idlest?.refuse(new ProtocolError('too many requests are not complete'));
  }

  /** Takes those who connected before the socket was gone, and wait in the kernel's queue. */
  async #acceptWaiting(): Promise<void> {
    let before;
    do {
      before = this.#accepted;
      await nextTurn();
      await nextTurn();
    } while (this.#accepted > before);
  }

  #sweep(): void {
    if (this.#connections.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
      return;
    }
    const now = performance.now();
    for (const one of this.#connections) {
      if (one.state === 'call') one.probe();
      else if (one.state === 'reply' && now - one.moved > this.#limits.replyMs) one.drop();
    }
    for (const one of this.#requests) {
      if (now - one.moved > this.#limits.idleMs || now - one.opened > this.#limits.requestMs) {
        one.refuse(new ProtocolError('the request was not complete in time'));
      }
    }
  }

  async #until(limitMs: number, isDone: () => boolean): Promise<void> {
    const end = performance.now() + limitMs;
    while (!isDone() && performance.now() < end) await delay(STEP_MS);
  }
}
