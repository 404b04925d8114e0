import { ByteReader } from '../../base/byte-reader.ts';
import { DamagedError, NotReadableError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { formatSize } from '../../base/size.ts';
import { crc32 } from './crc32.ts';
import type { OuterEntry } from './outer-entry.ts';
import {
  decodeQfileHeader,
  MAX_QFILE_NAME_BYTES,
  QFILE_HEADER_BYTES,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type QfileHeader,
} from './qfile-header.ts';
import { encodeQfileResult } from './qfile-result.ts';

export interface QfileLimits {
  /** Bytes of data in all files together. Default: no limit. */
  readonly maxBytes?: number;
  /** Entries, folders included. Default: no limit. */
  readonly maxFiles?: number;
}

/** A qfile stream that is being received. */
export interface QfileReading {
  /**
   * The files in the order they come. Folders are passed over; data that is not taken is skipped.
   * Can be run through once, and may be left at any time.
   * @throws DamagedError when the stream is cut off or holds anything but files and folders
   * @throws NotReadableError when it exceeds the limits
   */
  readonly entries: AsyncGenerator<OuterEntry, void, undefined>;
  /** Whether the end mark has been read: all that was sent is here. */
  readonly complete: boolean;
  /**
   * The answer to send back: 0 when all is well, `QFILE_ENOUGH` when no more is wanted, else the
   * number of a Linux error. It holds the checksum of what has been read up to now.
   */
  result(errorCode: number): Uint8Array;
}

/** Receives a qfile stream, as `qubes.Restore` sends it. The answer is the caller's to send. */
export function readQfile(
  source: AsyncIterable<Uint8Array>,
  limits: QfileLimits = {},
): QfileReading {
  return new QfileReceiver(source, limits);
}

class QfileReceiver implements QfileReading {
  complete = false;
  readonly entries: AsyncGenerator<OuterEntry, void, undefined>;
  readonly #reader: ByteReader;
  readonly #limits: QfileLimits;
  #crc = 0;
  #lastName: Uint8Array = new Uint8Array(0);
  #bytes = 0;
  #files = 0;

  constructor(source: AsyncIterable<Uint8Array>, limits: QfileLimits) {
    this.#reader = new ByteReader(source);
    this.#limits = limits;
    this.entries = this.#read();
  }

  result(errorCode: number): Uint8Array {
    return encodeQfileResult(errorCode, this.#crc, this.#lastName);
  }

  async *#read(): AsyncGenerator<OuterEntry, void, undefined> {
    try {
      for (;;) {
        const header = decodeQfileHeader(await this.#exactly(QFILE_HEADER_BYTES));
        if (header.nameLength === 0) {
          this.complete = true;
          return;
        }
        const untrustedName = await this.#readName(header.nameLength);
        this.#check(header, untrustedName);
        if ((header.mode & S_IFMT) === S_IFDIR) continue;
        const end = this.#reader.position + header.size;
        yield {
          untrustedName,
          type: 'file',
          size: header.size,
          mode: header.mode & 0o7777,
          mtime: header.mtime,
          data: () => this.#take(end),
        };
        await this.#skipTo(end);
        if (this.#reader.position < end) throw this.#cutOff();
      }
    } finally {
      await this.#reader.close();
    }
  }

  async #readName(length: number): Promise<string> {
    if (length > MAX_QFILE_NAME_BYTES) throw new DamagedError('The sender sent an overlong name');
    const bytes = await this.#exactly(length);
    const name = bytes.slice(0, -1);
    if (bytes.at(-1) !== 0 || name.length === 0 || name.includes(0)) {
      throw new DamagedError('The sender sent a name that does not end where it should');
    }
    this.#lastName = name;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(name);
  }

  #check(header: QfileHeader, untrustedName: string): void {
    const type = header.mode & S_IFMT;
    if (type !== S_IFREG && type !== S_IFDIR) {
      throw new DamagedError(`${printable(untrustedName)} is neither a file nor a folder`);
    }
    if (!Number.isSafeInteger(header.size) || (type === S_IFDIR && header.size > 0)) {
      throw new DamagedError(`The size of ${printable(untrustedName)} makes no sense`);
    }
    const { maxBytes = Infinity, maxFiles = Infinity } = this.#limits;
    this.#bytes += header.size;
    this.#files += 1;
    if (this.#bytes > maxBytes) {
      throw new NotReadableError(`The sender sends more than ${formatSize(maxBytes)}`);
    }
    if (this.#files > maxFiles) {
      throw new NotReadableError(`The sender sends more than ${maxFiles} files`);
    }
  }

  async *#take(end: number): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#reader.position < end) {
      const block = await this.#reader.some(end - this.#reader.position);
      if (block === undefined) return;
      this.#crc = crc32(block, this.#crc);
      yield block;
    }
  }

  async #skipTo(end: number): Promise<void> {
    const rest = this.#take(end);
    while ((await rest.next()).done !== true);
  }

  async #exactly(length: number): Promise<Uint8Array> {
    const bytes = await this.#reader.upTo(length);
    this.#crc = crc32(bytes, this.#crc);
    if (bytes.length < length) throw this.#cutOff();
    return bytes;
  }

  #cutOff(): DamagedError {
    const name = printable(new TextDecoder().decode(this.#lastName));
    return new DamagedError(
      `The data is cut off: the sender stopped ${name === '' ? 'at once' : `at or after ${name}`}`,
      { stage: 'source' },
    );
  }
}
