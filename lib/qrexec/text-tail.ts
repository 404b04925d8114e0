import type { Readable } from 'node:stream';

const MAX_TAIL = 64 * 1024;

/** Reads a stream to its end and keeps the last 64 KiB. */
export class TextTail {
  #tail = Buffer.alloc(0);

  constructor(stream: Readable) {
    stream.on('data', (block: Buffer) => {
      this.#tail = Buffer.concat([this.#tail, block]).subarray(-MAX_TAIL);
    });
    stream.on('error', () => undefined);
  }

  /** The kept bytes as text; a character cut in two at the beginning shows as U+FFFD. */
  text(): string {
    return this.#tail.toString('utf8');
  }
}
