import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { QubesException } from '../base/admin-error.ts';
import { connectToSocket } from '../base/connect-to-socket.ts';
import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { watchFile } from '../base/watch-file.ts';
import type { MemoryManager } from './memory-manager.ts';

/** Where qmemman says how many bytes there are, as decimal text. */
export const AVAILABLE_FILE = 'qmemman-avail-mem';
/** Where it takes requests: a line each, answered by a line. */
export const REQUEST_SOCKET = 'qmemman.sock';

/** More than any number or answer of qmemman has. */
const MAX_BYTES = 64;

/** qmemman, the daemon that moves memory between qubes, by the file and the socket that it has. */
export class Qmemman implements MemoryManager {
  readonly #file: string;
  readonly #socket: string;

  /** @param folder of both, `/var/run/qubes` on Qubes OS */
  constructor(folder: string) {
    this.#file = join(folder, AVAILABLE_FILE);
    this.#socket = join(folder, REQUEST_SOCKET);
  }

  /** Nothing, rather than less, when qubes want more than the machine has. */
  async available(): Promise<number | undefined> {
    const untrusted = await this.#untrustedContent();
    if (untrusted === undefined) return undefined;
    if (/^-?[0-9]{1,15}\s*$/.test(untrusted)) return Math.max(0, Number(untrusted));
    throw new QubesException(`Cannot use ${printable(this.#file)}: it is no number of bytes`);
  }

  async shrink(xid: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const socket = await connectToSocket(this.#socket).catch((error: unknown) => {
      throw this.#failure(reasonOf(error));
    });
    try {
      // An amount of 0 stands for what it needs at present.
      const untrusted = await this.#answerTo(`${xid}:0\n`, socket, signal);
      if (untrusted.trim() !== 'OK') throw this.#failure(`it answers ${printable(untrusted)}`);
    } finally {
      // It serves nobody else as long as a client is there.
      socket.destroy();
    }
  }

  watch(listener: () => void): () => void {
    return watchFile(this.#file, listener);
  }

  /** @returns undefined when there is no such file: nobody balances memory, or not yet */
  async #untrustedContent(): Promise<string | undefined> {
    try {
      const file = await open(this.#file);
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES));
        return buffer.toString('latin1', 0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw new QubesException(`Cannot read ${printable(this.#file)}: ${reasonOf(error)}`);
    }
  }

  /** @returns the line it answers, without its end */
  #answerTo(request: string, socket: Socket, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      let untrusted = '';
      socket.setEncoding('latin1');
      socket.on('data', (more: string) => {
        untrusted += more;
        if (untrusted.includes('\n') || untrusted.length > MAX_BYTES) resolve(untrusted.trimEnd());
      });
      socket.on('error', (error) => reject(this.#failure(reasonOf(error))));
      socket.on('close', () => {
        signal.removeEventListener('abort', onAbort);
        reject(this.#failure('it was closed without an answer'));
      });
      socket.write(request);
    });
  }

  #failure(reason: string): QubesException {
    return new QubesException(`Cannot ask qmemman at ${printable(this.#socket)}: ${reason}`);
  }
}
