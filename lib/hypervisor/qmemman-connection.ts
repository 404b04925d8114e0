import type { Socket } from 'node:net';

import { AdminError } from '../base/admin-error.ts';
import type { EmbeddedMemory } from './embedded-memory.ts';
import { parseRequest } from './qmemman-request.ts';
import type { QmemmanRequest } from './qmemman-request.ts';

/** As much as qmemman reads of a request. */
const MAX_BYTES = 1024;
const MIB = 1024 * 1024;

/** Nobody: memory that a client asks for is given to no domain. */
const NO_DOMAIN = '';

/**
 * One client of the embedded qmemman: it asks once, and what it asked for is kept free until it goes.
 * One who asks again, or for what cannot be read, is cut off, as by qmemman. Nothing more is done for
 * one who does not wait for the answer.
 */
export class QmemmanConnection {
  readonly #client: Socket;
  readonly #memory: EmbeddedMemory;
  readonly #gone = new AbortController();
  #untrusted = '';
  #hasAsked = false;
  #release: () => void = () => undefined;

  constructor(client: Socket, memory: EmbeddedMemory) {
    this.#client = client;
    this.#memory = memory;
    client.setEncoding('latin1');
    client.on('data', (untrusted: string) => this.#take(untrusted));
    client.on('end', () => {
      this.#gone.abort();
      client.end();
    });
    // All that matters of an error is that the connection closes after it.
    client.on('error', () => undefined);
    client.on('close', () => {
      this.#gone.abort();
      this.#release();
    });
  }

  #take(untrusted: string): void {
    this.#untrusted += untrusted;
    const end = this.#untrusted.indexOf('\n');
    const isMore = this.#hasAsked || (end >= 0 && end < this.#untrusted.length - 1);
    if (isMore || this.#untrusted.length > MAX_BYTES) this.#client.destroy();
    else if (end >= 0) this.#ask();
  }

  #ask(): void {
    this.#hasAsked = true;
    const request = parseRequest(this.#untrusted);
    if (request === undefined) {
      this.#client.destroy();
      return;
    }
    void this.#answerTo(request).then((answer) => {
      if (this.#client.writable) this.#client.write(`${answer}\n`);
    });
  }

  async #answerTo(request: QmemmanRequest): Promise<string> {
    if (request.kind === 'unknown') return 'INVALID_ARG';
    const isDone = await this.#do(request).catch((error: unknown) => {
      if (error instanceof AdminError || this.#gone.signal.aborted) return false;
      throw error;
    });
    return isDone ? 'OK' : 'FAIL';
  }

  async #do(request: Exclude<QmemmanRequest, { kind: 'unknown' }>): Promise<boolean> {
    if (request.kind === 'free') {
      const promised = this.#memory.promise(NO_DOMAIN, request.bytes / MIB);
      this.#release = () => promised?.release();
      return promised !== undefined;
    }
    const { signal } = this.#gone;
    const shrinking = [...request.amounts].map(([xid, bytes]) =>
      this.#memory.shrink(xid, signal, bytes === 0 ? undefined : bytes),
    );
    await Promise.all(shrinking);
    return true;
  }
}
