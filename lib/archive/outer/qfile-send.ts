import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteSink } from '../../base/byte-sink.ts';
import { DamagedError, systemErrorCode } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { crc32 } from './crc32.ts';
import type { OuterEntry } from './outer-entry.ts';
import { cutOffError } from './outer-tar.ts';
import { QfileFilters } from './qfile-filters.ts';
import {
  encodeQfileHeader,
  MAX_QFILE_NAME_BYTES,
  QFILE_END,
  S_IFDIR,
  S_IFREG,
} from './qfile-header.ts';
import { judgeQfileResult, readQfileResult } from './qfile-result.ts';

/**
 * Sends the wanted files of an archive as a qfile stream, and waits for the receiver's answer. The
 * stream is, byte for byte, the one of the stock `tar2qfile`: before the first file below a folder
 * an entry for that folder with the file's permissions and time; only plain files; the end mark
 * as soon as every filter was found and a file comes that is not wanted.
 *
 * When the archive turns out to be broken, no end mark is sent, so the receiver knows as well.
 * @param filters beginnings of names; none means everything
 * @param results where the receiver's answer comes from
 * @throws DamagedError when an entry has less data than announced, or what arrived is not what was sent
 * @throws NeedsError, CancelledError as {@link judgeQfileResult}; whatever `entries` throws
 */
export async function sendQfile(
  entries: AsyncIterable<OuterEntry>,
  filters: readonly string[],
  out: ByteSink,
  results: ByteReader,
): Promise<void> {
  const answer = readQfileResult(results);
  const sender = new QfileSender(out);
  answer.then(
    (result) => {
      if (result !== undefined && result.errorCode !== 0) sender.stopped = true;
    },
    // Told when the answer is awaited, or of no interest any more.
    () => undefined,
  );
  try {
    await sender.sendAll(entries, new QfileFilters(filters));
  } catch (error) {
    if (!(error instanceof ReceiverStopped)) throw error;
  }
  judgeQfileResult(await answer, sender.crc);
}

/** The receiver takes no more: it has closed its end, or has answered already. */
class ReceiverStopped extends Error {}

class QfileSender {
  crc = 0;
  stopped = false;
  readonly #out: ByteSink;
  readonly #foldersSent = new Set<string>();

  constructor(out: ByteSink) {
    this.#out = out;
  }

  async sendAll(entries: AsyncIterable<OuterEntry>, filters: QfileFilters): Promise<void> {
    for await (const entry of entries) {
      if (entry.type !== 'file') continue;
      if (filters.wants(entry.untrustedName)) await this.#sendFile(entry);
      else if (filters.allFound) break;
    }
    await this.#write(encodeQfileHeader(QFILE_END));
  }

  async #sendFile(entry: OuterEntry): Promise<void> {
    for (const folder of foldersOf(entry.untrustedName)) {
      if (this.#foldersSent.has(folder)) continue;
      this.#foldersSent.add(folder);
      await this.#sendHeader(folder, S_IFDIR, 0, entry);
    }
    await this.#sendHeader(entry.untrustedName, S_IFREG, entry.size, entry);
    let left = entry.size;
    for await (const block of entry.data()) {
      left -= block.length;
      await this.#write(block);
    }
    if (left > 0) throw cutOffError(entry.untrustedName);
  }

  async #sendHeader(name: string, type: number, size: number, entry: OuterEntry): Promise<void> {
    const nameBytes = Buffer.from(`${name}\0`);
    if (nameBytes.length > MAX_QFILE_NAME_BYTES) {
      throw new DamagedError(`The archive holds an overlong name: ${printable(name)}`);
    }
    const { mode, mtime } = entry;
    const header = { nameLength: nameBytes.length, mode: type | mode, size, mtime };
    await this.#write(Buffer.concat([encodeQfileHeader(header), nameBytes]));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.stopped) throw new ReceiverStopped();
    this.crc = crc32(bytes, this.crc);
    try {
      await this.#out.write(bytes);
    } catch (error) {
      if (!['EPIPE', 'ECONNRESET'].includes(systemErrorCode(error) ?? '')) throw error;
      throw new ReceiverStopped();
    }
  }
}

/** The folders a file lies in, outermost first; repeated and leading slashes name no folder. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
