import type { Readable } from 'node:stream';
import { constants, openSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import { NotReadableError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { indexTarFile, readTarStream } from './outer-tar.ts';
import type { OuterEntry } from './outer-entry.ts';

/** A place a backup is read from. */
export interface BackupSource {
  /** For messages: the path, `standard input`, or `QUBE:PATH`. */
  readonly name: string;
  /** Bytes of the archive, if known. */
  readonly size: number | undefined;
  /** An opened regular file that can be read at any place, if the source is one. */
  readonly file?: FileHandle;
  /** True if `members` really leaves out what the filters do not match. */
  readonly filters: boolean;
  /** The members whose name begins with one of `prefixes` (none: all of them), in archive order. */
  members(prefixes: readonly string[], signal: AbortSignal): AsyncIterable<OuterEntry>;
  close(): Promise<void>;
}

/**
 * A backup in a file. What is no regular file (a pipe, a disk) is read as a stream.
 * @throws NotReadableError when there is no such file, or it cannot be opened
 */
export async function openFileSource(path: string): Promise<BackupSource> {
  const name = printable(path);
  let file: FileHandle;
  try {
    if ((await stat(path)).isFIFO()) return fifoSource(path, name);
    file = await open(path, constants.O_RDONLY | constants.O_NOCTTY);
  } catch (error) {
    throw new NotReadableError(`Cannot open ${name}: ${reasonOf(error)}`, {}, { cause: error });
  }
  const facts = await file.stat();
  if (facts.isDirectory()) {
    await file.close();
    throw new NotReadableError(`Cannot read ${name}: it is a folder, not a backup`);
  }
  if (!facts.isFile()) return readableSource(file.createReadStream(), name);
  return {
    name,
    size: facts.size,
    file,
    filters: false,
    members: () => indexTarFile(file, facts.size),
    close: () => file.close(),
  };
}

/**
 * A fifo, read by the event loop: a thread that opens or reads one cannot be woken up any more, not
 * even for the process to end.
 */
function fifoSource(path: string, name: string): BackupSource {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  return readableSource(pipe, name);
}

/** A stream of Node, which is let go when the source is closed. */
function readableSource(stream: Readable, name: string): BackupSource {
  return {
    ...streamSource(stream, name),
    close: async () => {
      stream.destroy();
    },
  };
}

/** A backup that comes as a stream, such as standard input. It can be gone through once. */
export function streamSource(stream: AsyncIterable<Uint8Array>, name: string): BackupSource {
  return {
    name,
    size: undefined,
    filters: false,
    members: () => readTarStream(stream),
    close: async () => undefined,
  };
}
