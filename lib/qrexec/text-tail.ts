import type { Readable } from 'node:stream';

const MAX_TAIL = 64 * 1024;

/** Reads a stream to its end and keeps the last 64 KiB. */
export class TextTail {
  #tail = Buffer.alloc(0);

  /**
   * @param stream undefined for one that says nothing
   * @param also gets every block; nothing more is read until a promise that it returns is settled
   */
  constructor(
    stream: Readable | undefined,
    also: (untrusted: Uint8Array) => void | Promise<void> = () => undefined,
  ) {
    stream?.on('data', (block: Buffer) => {
      this.#tail = Buffer.concat([this.#tail, block]).subarray(-MAX_TAIL);
      const taken = also(block);
      if (taken === undefined) return;
      stream.pause();
      const goOn = (): void => void stream.resume();
      taken.then(goOn, goOn);
    });
    stream?.on('error', () => undefined);
  }

  /** The kept bytes as text; a character cut in two at the beginning shows as U+FFFD. */
  text(): string {
    return this.#tail.toString('utf8');
  }
}
