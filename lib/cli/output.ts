import type { Writable } from 'node:stream';
import { CancelledError, NeedsError, reasonOf, systemErrorCode } from '../base/errors.ts';

/**
 * A standard stream that is written to its end: every write is waited for, and a reader that goes
 * away or a full disk is told once, as an error of ours, instead of ending the process.
 */
export class Output {
  /** Called once, when writing became impossible. */
  onBroken: (error: Error) => void = () => undefined;
  /** Gets all that is to be written. */
  onWritten: (data: Uint8Array | string) => void = () => undefined;
  readonly #stream: Writable;
  readonly #name: string;
  #broken: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(stream: Writable, name: string) {
    this.#stream = stream;
    this.#name = name;
    stream.on('error', (error) => this.#break(error));
  }

  /** True when nothing can be written any more. */
  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Resolves when the bytes are handed to the system; one write may follow another at once.
   * @throws CancelledError when the reader is gone, NeedsError when there is no space
   */
  write(data: Uint8Array | string): Promise<void> {
    this.onWritten(data);
    this.#last = new Promise<void>((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#broken);
        return;
      }
      this.#stream.write(data, (error) => {
        if (error) reject(this.#break(error));
        else resolve();
      });
    });
    // Whoever does not wait for this write learns of its failure by `onBroken` and `flush`.
    this.#last.catch(() => undefined);
    return this.#last;
  }

  /** Waits for everything written so far; throws what the last write threw. */
  flush(): Promise<void> {
    return this.#last;
  }

  #break(cause: Error): Error {
    if (this.#broken === undefined) {
      this.#broken =
        systemErrorCode(cause) === 'EPIPE'
          ? new CancelledError(`Stopped: the reader of ${this.#name} went away`, {}, { cause })
          : new NeedsError(`Cannot write to ${this.#name}: ${reasonOf(cause)}`, {}, { cause });
      this.onBroken(this.#broken);
    }
    return this.#broken;
  }
}
