import type { Socket } from 'node:net';

import { answerTo } from './answer.ts';
import type { ClientWatches } from './answer.ts';
import type { Database } from './database.ts';
import { encode, MessageReader, RESPONSE } from './messages.ts';

/** Bytes that may wait for a client which does not read: more than any one answer has. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** Of one client. Each costs time at every change. */
const MAX_WATCHES = 1024;

/**
 * One client of a database. Commands are answered in their order; while a client does not take its
 * answers, no further command of it is read. One that does not take what it watches is cut off.
 *
 * Each message is given to the system in a write of its own, which it takes whole or not at all:
 * clients in C give up when a header comes in two pieces.
 */
export class ServerConnection implements ClientWatches {
  readonly #socket: Socket;
  readonly #database: Database;
  readonly #reader = new MessageReader();
  /** Path of each watch and what ends it; the last one first. */
  #watches: readonly (readonly [path: string, unwatch: () => void])[] = [];
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** No further command is answered. */
  #isEnding = false;

  constructor(socket: Socket, database: Database) {
    this.#socket = socket;
    this.#database = database;
    socket.on('data', (untrusted: Buffer) => {
      this.#reader.push(untrusted);
      this.#serve();
    });
    socket.on('end', () => {
      this.#isEnding = true;
      this.#serve();
    });
    // All that matters of an error is that the connection closes after it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const [, unwatch] of this.#watches) unwatch();
    });
  }

  add(path: string): void {
    if (this.#watches.length >= MAX_WATCHES) {
      this.#socket.destroy();
      return;
    }
    const unwatch = this.#database.watch(path, (changed) => this.#notify(changed));
    this.#watches = [[path, unwatch], ...this.#watches];
  }

  remove(path: string): boolean {
    const found = this.#watches.find(([watched]) => watched === path);
    found?.[1]();
    this.#watches = this.#watches.filter((other) => other !== found);
    return found !== undefined;
  }

  /** Answers the commands that are here, as long as the client takes answers. */
  #serve(): void {
    this.#flush();
    while (!this.#isEnding && this.#queue.length === 0 && !this.#socket.destroyed) {
      const message = this.#reader.take();
      if (message === undefined) break;
      const { messages, changed, isLast = false } = answerTo(message, this.#database, this);
      for (const one of messages) this.#enqueue(one);
      if (changed !== undefined) this.#database.tell(changed);
      this.#isEnding ||= isLast;
      this.#flush();
    }
    if (this.#queue.length > 0) this.#socket.pause();
    else if (this.#isEnding) this.#socket.destroySoon();
    else this.#socket.resume();
  }

  #notify(changed: string): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#enqueue(encode(RESPONSE.watch, changed));
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#socket.destroy();
    else this.#flush();
  }

  #enqueue(message: Buffer): void {
    this.#queue.push(message);
    this.#queuedBytes += message.length;
  }

  /** Gives the system what waits, one message after another, until it takes no more. */
  #flush(): void {
    let sent = 0;
    for (const message of this.#queue) {
      if (this.#socket.writableLength > 0 || this.#socket.destroyed) break;
      this.#socket.write(message, () => this.#onSent());
      this.#queuedBytes -= message.length;
      sent++;
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
  }

  /** A message that had to wait is on its way. */
  #onSent(): void {
    if (this.#queue.length > 0 || this.#isEnding) this.#serve();
  }
}
