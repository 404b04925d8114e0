import { NeedsError } from '../../base/errors.ts';
import type { Inside, ProgramNeeded } from './inside.ts';
import { printableLog } from './printable-log.ts';

export const RESTORE: ProgramNeeded = {
  program: 'qubes-restore',
  version: '--version',
  comesWith: 'qubes-rpc',
};

export const TERMINAL: ProgramNeeded = {
  program: 'xterm',
  version: '-version',
  comesWith: 'xterm',
};

/** Where the restore in a terminal leaves its log, in the home of the disposable. */
const LOG_FILE = 'backup-restore.log';

/** Far more than the log of a restore of a thousand qubes. */
const MAX_LOG = 16 * 1024 * 1024;

const MAX_STATUS = 255;

/** The arguments of our program in the disposable, `options` among them. */
export type RestoreCommand = (options: readonly string[]) => readonly string[];

/** Where the log of the disposable goes, reduced to printable text. */
export interface LogTakers {
  readonly stdout: (text: string) => Promise<void> | void;
  readonly stderr: (text: string) => Promise<void> | void;
}

/**
 * Runs our program in the disposable, its passphrase coming by a pipe and its log by two as it is
 * written.
 * @returns its exit status
 */
export function restoreByPipe(
  inside: Inside,
  command: RestoreCommand,
  { passphrase, log }: { readonly passphrase: string; readonly log: LogTakers },
): Promise<number> {
  return inside.run([RESTORE.program, ...command(['--passphrase-file', '-'])], {
    stdin: Buffer.from(`${passphrase}\n`),
    stdout: (untrusted) => log.stdout(printableLog(untrusted)),
    stderr: (untrusted) => log.stderr(printableLog(untrusted)),
  });
}

/**
 * Runs our program in a terminal of the disposable, in which the person types the passphrase and
 * answers its questions. Its log is fetched when the terminal has closed; a terminal that the person
 * has read need not show it again, but for failures.
 * @returns its exit status, as the log ends with it
 * @throws NeedsError when it has left no log that ends with one
 */
export async function restoreInTerminal(
  inside: Inside,
  command: RestoreCommand,
  { autoClose, log }: { readonly autoClose: boolean; readonly log: LogTakers },
): Promise<number> {
  const window = ['-title', 'Backup restore', ...(autoClose ? [] : ['-hold'])];
  const args = command(['--log-file', LOG_FILE]);
  await inside.run([TERMINAL.program, ...window, '-e', RESTORE.program, ...args]);
  const text = printableLog(await fetchLog(inside));
  const status = Number(/(?:^|\n)exit code: (\d{1,3})\n?$/.exec(text)?.[1] ?? NaN);
  if (autoClose || status !== 0) await log.stdout(text);
  if (!(status <= MAX_STATUS)) {
    throw new NeedsError('The restore in the disposable did not say how it ended', {
      hint: 'Its window was closed before it had ended, or it broke off.',
    });
  }
  return status;
}

async function fetchLog(inside: Inside): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  await inside.run(['cat', LOG_FILE], {
    stdout: (untrusted) => {
      length += untrusted.length;
      if (length > MAX_LOG) {
        throw new NeedsError(`The log of the disposable is longer than ${MAX_LOG} bytes`);
      }
      blocks.push(untrusted);
    },
  });
  return Buffer.concat(blocks);
}
