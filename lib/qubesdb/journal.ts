import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';

import { QubesException } from '../base/admin-error.ts';
import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { writeFully } from '../base/write-sync.ts';
import {
  COMMAND,
  encode,
  HEADER_BYTES,
  MAX_DATA_BYTES,
  MessageReader,
  typeOf,
  untrustedPathOf,
} from './messages.ts';
import type { Message } from './messages.ts';
import { isEntryPath, isPath, isValue } from './paths.ts';

/** From this size on it is written anew when it is twice as large as what it tells of. */
const LARGE = 256 * 1024;
const MODE = 0o600;
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

/**
 * The changes of a database in a file, so that a host which was killed finds them: messages of the
 * protocol, one after another. What has been appended outlives this process; the disk is not waited
 * for, as the qube does not outlive the machine.
 */
export class Journal {
  readonly #path: string;
  #file: number;
  #size: number;
  #leastSize: number;

  /** Begins with these entries; a file that is there already is replaced. */
  constructor(path: string, entries: ReadonlyMap<string, Buffer> = new Map()) {
    this.#path = path;
    this.#size = replace(path, entries);
    this.#leastSize = this.#size;
    this.#file = openSync(path, APPEND);
  }

  /**
   * Adds a change: a message that writes or removes.
   * @param entries those before the change, asked for when the file has grown out of proportion
   * @throws QubesException when the disk refuses
   */
  append(message: Buffer, entries: () => ReadonlyMap<string, Buffer>): void {
    if (this.#size > LARGE && this.#size > 2 * this.#leastSize) this.#shrink(entries());
    try {
      writeFully(this.#file, message);
      this.#size += message.length;
    } catch (error) {
      ftruncateSync(this.#file, this.#size);
      throw this.#failure(error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #shrink(entries: ReadonlyMap<string, Buffer>): void {
    try {
      this.#size = replace(this.#path, entries);
      this.#leastSize = this.#size;
      closeSync(this.#file);
      this.#file = openSync(this.#path, APPEND);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): QubesException {
    return new QubesException(`Cannot write ${printable(this.#path)}: ${reasonOf(error)}`);
  }
}

/**
 * The entries that a journal leads to; undefined when there is none. A change at its end that is not
 * complete does not count: whoever asked for it was never told that it was done.
 * @throws QubesException when it is no journal
 */
export function readJournal(path: string): ReadonlyMap<string, Buffer> | undefined {
  const untrusted = readIfThere(path);
  if (untrusted === undefined) return undefined;
  const entries = new Map<string, Buffer>();
  const reader = new MessageReader();
  reader.push(untrusted);
  let rest = untrusted.length;
  for (let message = reader.take(); message !== undefined; message = reader.take()) {
    if (!applyChange(entries, message)) throw noJournal(path);
    rest -= HEADER_BYTES + (message.untrustedData?.length ?? 0);
  }
  if (rest >= HEADER_BYTES + MAX_DATA_BYTES) throw noJournal(path);
  return entries;
}

function noJournal(path: string): QubesException {
  return new QubesException(`Cannot read ${printable(path)}: it is no journal of a QubesDB`);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw new QubesException(`Cannot read ${printable(path)}: ${reasonOf(error)}`);
  }
}

/** @returns false when the message is no change */
function applyChange(entries: Map<string, Buffer>, message: Message): boolean {
  const { untrustedHeader, untrustedData } = message;
  const type = typeOf(untrustedHeader);
  const path = untrustedPathOf(untrustedHeader);
  if (type === COMMAND.write) {
    if (!isEntryPath(path) || untrustedData === undefined || !isValue(untrustedData)) return false;
    entries.set(path, untrustedData);
    return true;
  }
  if (type !== COMMAND.remove || !isPath(path)) return false;
  if (!path.endsWith('/')) return entries.delete(path);
  for (const one of [...entries.keys()]) if (one.startsWith(path)) entries.delete(one);
  return true;
}

/** Writes a journal of entries in place of the one that is there. @returns its size */
function replace(path: string, entries: ReadonlyMap<string, Buffer>): number {
  const messages = [...entries].map(([entry, value]) => encode(COMMAND.write, entry, value));
  const bytes = Buffer.concat(messages);
  const partial = `${path}.partial`;
  writeFileSync(partial, bytes, { mode: MODE });
  renameSync(partial, path);
  return bytes.length;
}
