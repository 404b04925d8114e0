import { CancelledError, NotReadableError } from '../base/errors.ts';

/** How long a command that is not needed any more may take to end before it is killed. */
const GRACE_MS = 2000;

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
  // Loaded here because most backups are files, and it takes a third of a service's start.
  const { execa } = await import('execa');
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
      // What it started at the last moment has not heard of the end.
      if (command.pid !== undefined) signalGroup(command.pid, 'SIGKILL');
    }
  }
  const { exitCode, signal: endedBy, failed } = await command;
  if (signal.aborted) throw new CancelledError();
  if (failed) {
    const how = exitCode === undefined ? `ended by ${endedBy ?? 'an error'}` : `exit ${exitCode}`;
    throw new NotReadableError(`The command that reads the backup failed: ${how}`);
  }
}

/** Asks all processes of a group to end, and makes them when they do not. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  signalGroup(leader, 'SIGTERM');
  setTimeout(() => signalGroup(leader, 'SIGKILL'), GRACE_MS).unref();
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // They have all ended.
  }
}
