import { createReadStream } from 'node:fs';
import { QubesRpcError, reasonOf, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { askPassphrase } from './ask-passphrase.ts';
import { readPassphrases } from './passphrase.ts';
import { untilAborted } from '../base/until-aborted.ts';

/**
 * The passphrases to try: from the file that the person named (`-` is standard input), else asked
 * for on the terminal.
 * @param archive its name, for the question
 * @throws UsageError when there is none to be had
 */
export async function findPassphrases(
  file: string | undefined,
  archive: string,
  stdin: NodeJS.ReadStream,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (file === undefined) return [await askPassphrase(archive, signal)];
  if (file === '-' && stdin.isTTY) {
    throw new UsageError('Refusing to read the passphrase from a terminal, which would show it', {
      hint: 'Leave out --passphrase-file: it is asked for without echo then.',
    });
  }
  const name = file === '-' ? 'standard input' : printable(file);
  const source = file === '-' ? stdin : openFile(file);
  try {
    return await untilAborted(readPassphrases(source, name), signal);
  } catch (error) {
    if (signal.aborted || error instanceof QubesRpcError) throw error;
    throw new UsageError(`Cannot read the passphrase from ${name}: ${reasonOf(error)}`);
  }
}

/** Descriptors that were handed down are read as they are: a socket cannot be opened by its path. */
function openFile(path: string): AsyncIterable<Uint8Array> {
  const descriptor = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path)?.[1];
  return descriptor === undefined
    ? createReadStream(path)
    : createReadStream('', { fd: Number(descriptor) });
}
