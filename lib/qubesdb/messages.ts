/**
 * Messages of the protocol between a qubesdb-daemon and its clients: `struct qdb_hdr` of qubesdb.h
 * as the compiler lays it out on little-endian machines, then the data.
 *
 * | offset | bytes |                                          |
 * | -----: | ----: | ---------------------------------------- |
 * |      0 |     1 | type                                     |
 * |      1 |    64 | path, ended by NUL; the rest is whatever |
 * |     65 |     3 | nothing                                  |
 * |     68 |     4 | number of bytes that follow              |
 */
const TYPE = 0;
const PATH = 1;
const LENGTH = 68;
export const HEADER_BYTES = 72;

/** Room for a path, its NUL included. */
export const PATH_BYTES = 64;

/** A client has room for so much data; the daemon takes one byte less. */
export const MAX_DATA_BYTES = 3072;

/** By their place in `enum qdb_msg`. */
export const COMMAND = {
  read: 0,
  write: 1,
  multiread: 2,
  list: 3,
  remove: 4,
  watch: 5,
  unwatch: 6,
} as const;

export const RESPONSE = {
  ok: 7,
  noEntry: 8,
  error: 9,
  read: 10,
  multiread: 11,
  list: 12,
  watch: 13,
} as const;

const NO_DATA = Buffer.alloc(0);

/** One message, as it came. */
export interface Message {
  /** All of its header. */
  readonly untrustedHeader: Buffer;
  /** What followed the header; undefined when that was more than there may be. */
  readonly untrustedData: Buffer | undefined;
}

/** Makes the bytes of a message. @param path at most 63 bytes, in ASCII */
export function encode(type: number, path: string, data: Uint8Array = NO_DATA): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + data.length);
  message[TYPE] = type;
  message.write(path, PATH, PATH_BYTES - 1, 'latin1');
  message.writeUInt32LE(data.length, LENGTH);
  message.set(data, HEADER_BYTES);
  return message;
}

/** The same header with another type and length: the rest stays, even what means nothing. */
export function retype(header: Buffer, type: number, length = 0): Buffer {
  const answer = Buffer.from(header);
  answer[TYPE] = type;
  answer.writeUInt32LE(length, LENGTH);
  return answer;
}

/** The same header with another path, the rest of its room zero. */
export function withPath(header: Buffer, path: string): Buffer {
  const other = Buffer.from(header);
  other.fill(0, PATH, PATH + PATH_BYTES).write(path, PATH, 'latin1');
  return other;
}

/** The same header without a path: its first byte says so. */
export function withoutPath(header: Buffer): Buffer {
  const end = Buffer.from(header);
  end[PATH] = 0;
  return end;
}

/** The same header with the last byte for the path made a NUL. */
export function withPathEnded(header: Buffer): Buffer {
  const ended = Buffer.from(header);
  ended[PATH + PATH_BYTES - 1] = 0;
  return ended;
}

export function typeOf(header: Buffer): number {
  return header.readUInt8(TYPE);
}

/** A path up to its NUL, byte by byte. */
export function untrustedPathOf(header: Buffer): string {
  const end = header.indexOf(0, PATH);
  const last = PATH + PATH_BYTES;
  return header.toString('latin1', PATH, end < 0 || end > last ? last : end);
}

/**
 * Takes messages apart, in whatever pieces they come. It holds what was pushed and not yet taken,
 * and of one message no more than the largest there may be: data beyond is passed over.
 */
export class MessageReader {
  #rest: Buffer = NO_DATA;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFilled = 0;
  readonly #data = Buffer.alloc(MAX_DATA_BYTES);
  #dataFilled = 0;

  /** More bytes of the stream; all messages must have been taken before. */
  push(bytes: Buffer): void {
    this.#rest = bytes;
  }

  /** Whether the stream stands in the middle of a message. */
  get isInMessage(): boolean {
    return this.#headerFilled > 0;
  }

  /** @returns undefined when the next message is not complete */
  take(): Message | undefined {
    this.#headerFilled += this.#copy(this.#header, this.#headerFilled, HEADER_BYTES);
    if (this.#headerFilled < HEADER_BYTES) return undefined;
    const length = this.#header.readUInt32LE(LENGTH);
    this.#dataFilled += this.#copy(this.#data, this.#dataFilled, length);
    if (this.#dataFilled < length) return undefined;
    this.#headerFilled = 0;
    this.#dataFilled = 0;
    return {
      untrustedHeader: Buffer.from(this.#header),
      untrustedData:
        length > MAX_DATA_BYTES ? undefined : Buffer.from(this.#data.subarray(0, length)),
    };
  }

  /** Moves what there is of the bytes from `filled` to `wanted` into a buffer, as far as it goes. */
  #copy(target: Buffer, filled: number, wanted: number): number {
    const count = Math.min(wanted - filled, this.#rest.length);
    if (filled < target.length) this.#rest.copy(target, filled, 0, count);
    this.#rest = this.#rest.subarray(count);
    return count;
  }
}
