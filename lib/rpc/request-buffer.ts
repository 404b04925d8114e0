import { MAX_REQUEST_BYTES } from '../admin/frames.ts';

/**
 * The bytes of one request as they come in. However small the pieces, it holds no more than a
 * request may have; what goes beyond is counted and thrown away.
 */
export class RequestBuffer {
  #untrusted: Buffer = Buffer.alloc(0);
  #length = 0;

  /** How many bytes have come in. */
  get length(): number {
    return this.#length;
  }

  get isTooLong(): boolean {
    return this.#length > MAX_REQUEST_BYTES;
  }

  push(untrusted: Buffer): void {
    const before = this.#length;
    this.#length += untrusted.length;
    if (this.isTooLong) this.#untrusted = Buffer.alloc(0);
    // Nearly all requests come in one piece, which needs no copy.
    else if (before === 0) this.#untrusted = untrusted;
    else this.#append(untrusted, before);
  }

  /** All of it; nothing when it is too long. */
  bytes(): Buffer {
    return this.isTooLong ? Buffer.alloc(0) : this.#untrusted.subarray(0, this.#length);
  }

  #append(untrusted: Buffer, at: number): void {
    if (this.#untrusted.length < MAX_REQUEST_BYTES) {
      const room = Buffer.allocUnsafeSlow(MAX_REQUEST_BYTES);
      room.set(this.#untrusted);
      this.#untrusted = room;
    }
    this.#untrusted.set(untrusted, at);
  }
}
