import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { reasonOf, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { splitWords } from './split-words.ts';

/** Where the bytes of a backup come from. */
export type BackupLocation =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] };

/**
 * What a location means here: the file of that name, if there is one, else the command it is when
 * split by {@link splitWords}. Relative paths begin in the current folder, the home of the qube.
 * @throws UsageError when it is neither
 */
export async function resolveLocation(location: string): Promise<BackupLocation> {
  if (await isFile(location)) return { kind: 'file', path: location };
  const [name = '', ...args] = wordsOf(location);
  const program = await findProgram(name.includes('/') ? resolve(name) : name);
  if (program === undefined || !(await isFile(program))) throw invalidError(location);
  return { kind: 'command', program, args };
}

function wordsOf(location: string): string[] {
  try {
    return splitWords(location);
  } catch (error) {
    throw invalidError(location, `. ${reasonOf(error)}`);
  }
}

function invalidError(location: string, reason = ''): UsageError {
  return new UsageError(`Invalid file or command: ${printable(location)}${reason}`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
