import password from '@inquirer/password';
import { CancelledError, UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { openTerminal } from './open-terminal.ts';

const GAVE_UP = new Set(['ExitPromptError', 'AbortPromptError', 'CancelPromptError']);

/**
 * Asks for the passphrase on the terminal, without echo. The terminal itself is opened: standard
 * input may be the archive and standard output the image that `cat` writes.
 * @param archive its name, shown in the question
 * @throws UsageError when there is no terminal, CancelledError when the person gave up
 */
export async function askPassphrase(archive: string, signal: AbortSignal): Promise<string> {
  const terminal = openTerminal();
  if (terminal === undefined) {
    throw new UsageError('Cannot ask for the passphrase: there is no terminal', {
      hint: 'Name a file that holds it with --passphrase-file FILE.',
    });
  }
  const { input, output } = terminal;
  try {
    return await password(
      {
        message: `Passphrase of ${printable(archive)}:`,
        validate: (value) => value !== '' || 'The passphrase of a backup is never empty.',
      },
      { input, output, signal },
    );
  } catch (cause) {
    if (cause instanceof Error && GAVE_UP.has(cause.name)) {
      throw new CancelledError('Interrupted while asking for the passphrase', {}, { cause });
    }
    throw cause;
  } finally {
    terminal.close();
  }
}
