import { open } from 'node:fs/promises';

import { cutOffError, indexTarFile, readTarStream } from '../archive/outer/outer-tar.ts';
import type { OuterEntry } from '../archive/outer/outer-entry.ts';
import { CancelledError, NotReadableError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { commandOutput } from './command-output.ts';
import type { BackupLocation } from './resolve-location.ts';

/**
 * The members of the archive at a location. When the caller stops early, a command is ended; when
 * all of its output has been read it must have ended well.
 * @throws NotReadableError when the file cannot be opened, the command fails, or it is no archive
 * @throws DamagedError when the archive is broken or cut off
 */
export async function* readLocation(
  location: BackupLocation,
  signal: AbortSignal,
): AsyncGenerator<OuterEntry, void, undefined> {
  let empty = true;
  const entries =
    location.kind === 'file'
      ? readFile(location.path)
      : readTarStream(commandOutput(location.program, location.args, signal));
  for await (const entry of entries) {
    if (signal.aborted) throw new CancelledError();
    empty = false;
    yield entry;
  }
  if (empty) throw new NotReadableError('Cannot read the archive: there are no files in it');
}

async function* readFile(path: string): AsyncGenerator<OuterEntry, void, undefined> {
  const file = await open(path).catch((cause: unknown) => {
    throw new NotReadableError(`Error opening file ${printable(path)}`, {}, { cause });
  });
  try {
    const { size } = await file.stat();
    for await (const entry of indexTarFile(file, size)) {
      yield entry;
      if (entry.offset + entry.size > size) throw cutOffError(entry.untrustedName);
    }
  } finally {
    await file.close();
  }
}
