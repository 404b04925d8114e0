import type { Socket } from 'node:net';

import { errorFrame, requestTooLong } from '../admin/frames.ts';
import type { AdminError } from '../base/admin-error.ts';
import type { Answer, Caller, Dispatcher } from './dispatch.ts';
import { RequestBuffer } from './request-buffer.ts';

/** Bytes that are still read of a request which is too long, so that its sender gets to the reply. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/** Bytes of events that may wait for a reader. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** How far a connection is: its request comes in, its call runs, its reply goes out. */
export type ConnectionState = 'request' | 'call' | 'reply' | 'closed';

/** Is told of what a connection goes through. */
export interface ConnectionWatcher {
  /** More of the request has come in. */
  onBytes(connection: Connection): void;
  /** The request is complete, or refused. */
  onRequest(connection: Connection): void;
  onClose(connection: Connection): void;
}

/** One connection: one request, then a reply or events. */
export class Connection implements Caller {
  readonly #socket: Socket;
  readonly #dispatcher: Dispatcher;
  readonly #watcher: ConnectionWatcher;
  readonly #request = new RequestBuffer();
  #state: ConnectionState = 'request';
  #gone: AbortController | undefined;
  #hasSentEvents = false;
  #isCorked = false;
  /** When it was made, by the clock of `performance.now()`. */
  readonly opened = performance.now();
  #moved = this.opened;

  constructor(socket: Socket, dispatcher: Dispatcher, watcher: ConnectionWatcher) {
    this.#socket = socket;
    this.#dispatcher = dispatcher;
    this.#watcher = watcher;
    socket.on('data', (untrusted: Buffer) => this.#take(untrusted));
    socket.on('end', () => this.#call());
    // All that matters of an error is that the connection closes after it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the last byte of its request came in, or its reply was given. */
  get moved(): number {
    return this.#moved;
  }

  /** Whether its call sends events: such a call ends only with its caller. */
  get isEventStream(): boolean {
    return this.#hasSentEvents && this.#state === 'call';
  }

  get signal(): AbortSignal {
    return this.#end().signal;
  }

  /** Sends an event, all those of one tick together. A caller that does not read is cut off. */
  send(frame: Buffer): void {
    if (this.#state !== 'call') return;
    this.#hasSentEvents = true;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#socket.write(frame);
    if (this.#socket.writableLength > MAX_QUEUED_BYTES) this.drop();
  }

  /** Answers an error before the request is complete, and closes. */
  refuse(error: AdminError): void {
    if (this.#state !== 'request') return;
    this.#state = 'reply';
    this.#watcher.onRequest(this);
    this.#socket.end(errorFrame(error));
    this.#socket.destroySoon();
  }

  /** Tells a running call to end. */
  abort(): void {
    this.#end().abort();
  }

  /** Closes it at once. */
  drop(): void {
    this.#socket.destroy();
    this.#closed();
  }

  /**
   * Finds out whether the caller of a running call is still there. The loop no longer watches one
   * that has ended its half; writing nothing tells, for it fails when the other end is closed.
   */
  probe(): void {
    if (this.#state === 'call' && this.#socket.writableLength === 0) this.#socket.write('');
  }

  #take(untrusted: Buffer): void {
    if (this.#state !== 'request') return;
    this.#moved = performance.now();
    this.#request.push(untrusted);
    if (this.#request.length > MAX_DISCARDED_BYTES) this.refuse(requestTooLong());
    else this.#watcher.onBytes(this);
  }

  #call(): void {
    if (this.#state !== 'request') return;
    this.#state = 'call';
    this.#watcher.onRequest(this);
    if (this.#request.isTooLong) {
      this.#reply(errorFrame(requestTooLong()));
      return;
    }
    const answer = this.#dispatcher.answer(this.#request.bytes(), this);
    if (answer instanceof Promise) void answer.then((late) => this.#reply(late));
    else this.#reply(answer);
  }

  #reply(answer: Answer): void {
    if (this.#state !== 'call') return;
    this.#state = 'reply';
    this.#moved = performance.now();
    if (answer === undefined) this.#socket.end();
    else this.#socket.end(answer);
  }

  #uncork(): void {
    this.#isCorked = false;
    this.#socket.uncork();
  }

  /** Made when it is asked for, as few calls do. */
  #end(): AbortController {
    if (this.#gone === undefined) {
      this.#gone = new AbortController();
      if (this.#state === 'closed') this.#gone.abort();
    }
    return this.#gone;
  }

  #closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#gone?.abort();
    this.#watcher.onClose(this);
  }
}
