import { execa } from 'execa';

import { CancelledError, NotReadableError } from '../base/errors.ts';
import { howItEnded } from './command-end.ts';
import { endGroup, killGroup } from './process-group.ts';

/**
 * What a command writes to its stdout; it has nothing to read, and its messages go to our stderr.
 * When the caller stops early, the command and all it has started are ended: a program left behind
 * would hold our stderr, and with it the whole call, open.
 * @param signal ends the command too
 * @throws NotReadableError when the command fails although all of its output was taken
 * @throws CancelledError when it was ended by `signal`
 */
export async function* commandOutput(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const command = execa(program, args, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    // A group of its own, so that it can be ended as a whole.
    detached: true,
  });
  const end = (): void => endGroup(command.pid);
  signal.addEventListener('abort', end);
  let complete = false;
  try {
    yield* command.stdout;
    complete = true;
  } finally {
    if (!complete) {
      command.stdout.destroy();
      end();
      await command;
      killGroup(command.pid);
    }
  }
  const ended = await command;
  if (signal.aborted) throw new CancelledError();
  if (ended.failed) {
    throw new NotReadableError(`The command that reads the backup failed: ${howItEnded(ended)}`);
  }
}
