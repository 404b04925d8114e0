/** Thrown by {@link ByteReader.exactly} when the source ends in the middle. */
export class UnexpectedEndError extends Error {
  override readonly name = 'UnexpectedEndError';
}

/**
 * Reads a source of byte blocks in pieces of the caller's size, whatever sizes the blocks come in.
 * Blocks are handed on as views where they fit, never copied without need.
 */
export class ByteReader {
  /** Bytes handed out so far. */
  position = 0;
  #current: Uint8Array = new Uint8Array(0);
  readonly #source: AsyncIterator<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next block of at most `max` bytes; undefined at the end of the source. */
  async some(max: number): Promise<Uint8Array | undefined> {
    while (this.#current.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#current = next.value;
    }
    const block = this.#current.subarray(0, max);
    this.#current = this.#current.subarray(block.length);
    this.position += block.length;
    return block;
  }

  /**
   * Exactly `length` bytes. Keep `length` small: they are joined in memory.
   * @throws UnexpectedEndError when the source ends before
   */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = await this.upTo(length);
    if (bytes.length < length) {
      throw new UnexpectedEndError(`${length - bytes.length} of ${length} bytes are missing`);
    }
    return bytes;
  }

  /** `length` bytes, or fewer when the source ends before. */
  async upTo(length: number): Promise<Uint8Array> {
    const first = length === 0 ? new Uint8Array(0) : await this.some(length);
    if (first === undefined || first.length === length) return first ?? new Uint8Array(0);
    const joined = new Uint8Array(length);
    joined.set(first);
    let filled = first.length;
    while (filled < length) {
      const block = await this.some(length - filled);
      if (block === undefined) break;
      joined.set(block, filled);
      filled += block.length;
    }
    return joined.subarray(0, filled);
  }

  /** The next `length` bytes as they come; ends early, without an error, when the source does. */
  async *take(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = length;
    while (left > 0) {
      const block = await this.some(left);
      if (block === undefined) return;
      left -= block.length;
      yield block;
    }
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
