import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { reasonOf, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { splitWords } from './split-words.ts';

/** A command that puts out a backup, or takes one. */
export interface BackupCommand {
  readonly kind: 'command';
  readonly program: string;
  readonly args: readonly string[];
}

/** Where the bytes of a backup come from. */
export type BackupLocation = { readonly kind: 'file'; readonly path: string } | BackupCommand;

/**
 * What a location means here: the file of that name, if there is one, else the command it is when
 * split by {@link splitWords}. Relative paths begin in the current folder, the home of the qube.
 * @throws UsageError when it is neither
 */
export async function resolveLocation(location: string): Promise<BackupLocation> {
  if (await isFile(location)) return { kind: 'file', path: location };
  return resolveCommand(location, 'file or command');
}

/**
 * The command that a location is.
 * @param expected what else it could have been, for the message
 * @throws UsageError when there is no such program, or a shell would be needed
 */
export async function resolveCommand(location: string, expected: string): Promise<BackupCommand> {
  const invalid = (reason = ''): UsageError =>
    new UsageError(`Invalid ${expected}: ${printable(location)}${reason}`);
  const [name = '', ...args] = wordsOf(location, invalid);
  const program = await findProgram(name.includes('/') ? resolve(name) : name);
  if (program === undefined || !(await isFile(program))) throw invalid();
  return { kind: 'command', program, args };
}

function wordsOf(location: string, invalid: (reason: string) => UsageError): string[] {
  try {
    return splitWords(location);
  } catch (error) {
    throw invalid(`. ${reasonOf(error)}`);
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
