import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { NotReadableError, reasonOf, UsageError } from '../../base/errors.ts';
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
 * @throws UsageError when there is no such file, NotReadableError when it cannot be opened
 */
export async function openFileSource(path: string): Promise<BackupSource> {
  const name = printable(path);
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOCTTY);
  } catch (error) {
    throw new NotReadableError(`Cannot open ${name}: ${reasonOf(error)}`, {}, { cause: error });
  }
  const stat = await file.stat();
  if (stat.isDirectory()) {
    await file.close();
    throw new UsageError(`Cannot read ${name}: it is a folder, not a backup`);
  }
  if (!stat.isFile()) return streamSource(file.createReadStream(), name);
  return {
    name,
    size: stat.size,
    file,
    filters: false,
    members: () => indexTarFile(file, stat.size),
    close: () => file.close(),
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
