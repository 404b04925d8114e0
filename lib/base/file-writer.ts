import type { FileHandle } from 'node:fs/promises';
import { diskError } from './disk-error.ts';
import { KiB, MiB } from './size.ts';
import { ZEROS } from './zeros.ts';

/** Small blocks that touch are written together, up to this many bytes. */
const WRITE_SIZE = MiB;
/** The most pieces Linux takes in one call (IOV_MAX). */
const MAX_PIECES = 1024;
/** Writes under way at once: the next data is prepared while they run. */
const MAX_IN_FLIGHT = 4;
/** After so much the disk is told to write, so that it does while more is prepared, not all in the end. */
const SYNC_EVERY = 64 * MiB;
/** No file system has holes smaller than this: such a gap costs less as zeros than as a call. */
const SMALLEST_HOLE = 4 * KiB;

/**
 * Writes blocks at their offsets, which ascend, in few and large calls; what lies between them
 * stays a hole. Blocks are kept, not copied, until written: their bytes must not change.
 *
 * Every method throws NeedsError when the disk is full or refuses; nothing may follow then but
 * {@link close}. `path` is for its message only.
 */
export class FileWriter {
  readonly #handle: FileHandle;
  readonly #path: string;
  #pieces: Uint8Array[] = [];
  #start = 0;
  #end = 0;
  #inFlight: Promise<void>[] = [];
  #unsynced = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: unknown;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const gap = offset - this.#end;
    if (this.#pieces.length > 0 && gap !== 0) {
      if (gap > 0 && gap < SMALLEST_HOLE) this.#pieces.push(ZEROS.subarray(0, gap));
      else await this.#flush();
    }
    if (this.#pieces.length === 0) this.#start = offset;
    this.#pieces.push(bytes);
    this.#end = offset + bytes.length;
    // One piece of room is left for a gap filled with zeros.
    const full = this.#end - this.#start >= WRITE_SIZE || this.#pieces.length >= MAX_PIECES - 1;
    if (full) await this.#flush();
  }

  /** Writes what is left: all that is needed where the file has its size already. */
  async flush(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#inFlight);
  }

  /** Writes what is left and gives the file its size, which makes the hole at its end. */
  async finish(size: number): Promise<void> {
    await this.flush();
    await this.#guard(() => this.#handle.truncate(size));
  }

  /** Returns when the file is on disk. */
  async sync(): Promise<void> {
    await this.#syncing;
    await this.#guard(async () => {
      if (this.#syncFailure !== undefined) throw this.#syncFailure as Error;
      await this.#handle.sync();
    });
  }

  /** Closes the file as it is; what has not been written is dropped. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#inFlight, this.#syncing]);
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#pieces.length === 0) return;
    if (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#inFlight.shift();
    const pieces = this.#pieces;
    const start = this.#start;
    this.#pieces = [];
    const writing = this.#guard(() => writeAll(this.#handle, pieces, start));
    // Whoever awaits it sees the failure; until then it must not count as unhandled.
    writing.catch(() => undefined);
    this.#inFlight.push(writing);
    this.#unsynced += this.#end - start;
    if (this.#unsynced >= SYNC_EVERY && this.#syncing === undefined) this.#syncEarly();
  }

  #syncEarly(): void {
    this.#unsynced = 0;
    this.#syncing = this.#handle
      .datasync()
      // The system tells of a failure once only: it must not be lost.
      .catch((error: unknown) => void (this.#syncFailure ??= error))
      .finally(() => (this.#syncing = undefined));
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw diskError(error, 'write', this.#path);
    }
  }
}

async function writeAll(handle: FileHandle, pieces: Uint8Array[], start: number): Promise<void> {
  let position = start;
  let left = pieces;
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left, position);
    position += bytesWritten;
    left = without(left, bytesWritten);
  }
}

/** `pieces` without their first `count` bytes, as a write that was cut short leaves them. */
function without(pieces: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let first = 0;
  for (const piece of pieces) {
    if (piece.length > left) break;
    left -= piece.length;
    first++;
  }
  const [cut, ...rest] = pieces.slice(first);
  return cut === undefined ? [] : [cut.subarray(left), ...rest];
}
