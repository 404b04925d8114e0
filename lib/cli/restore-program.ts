import { QubesRpcError, UsageError } from '../base/errors.ts';
import { chooseScreen } from './choose-screen.ts';
import { chooseSource } from './choose-source.ts';
import { errorEvent } from '../base/error-event.ts';
import { exitCodeOf } from '../base/exit-code.ts';
import { findPassphrases } from './find-passphrases.ts';
import { howToGoOn } from './how-to-go-on.ts';
import { Interruption } from './interruption.ts';
import { notice } from './notice.ts';
import { openTerminal } from './open-terminal.ts';
import { Output } from './output.ts';
import type { ProgramProcess, RunEnd } from './program-process.ts';
import { parseRestoreCommandLine } from './restore-command.ts';
import type { RestoreDoors } from './restore-doors.ts';
import type { RestoreRequest, RunRequest } from './restore-request.ts';
import { runRestore } from './restore-run.ts';
import { chooseCaller } from './qrexec/choose-caller.ts';
import { RunLog } from './restore/run-log.ts';
import { runInSandbox } from './restore/sandboxed-run.ts';
import { targetSystem } from './restore/target-system.ts';

/** Milliseconds in which a disposable can be ended and what it has half made removed. */
const PATIENCE_WITH_DISPOSABLE = 30_000;

/** What the program opens archives with. */
export type Opener = Pick<RestoreDoors, 'openBackup' | 'readInfo'>;

/**
 * The program qubes-restore, from its arguments to its exit status.
 * @param args without the program's own name
 */
export async function restoreMain(
  args: readonly string[],
  host: ProgramProcess,
  opener: Opener,
): Promise<RunEnd> {
  const results = new Output(host.stdout, 'standard output');
  const messages = new Output(host.stderr, 'standard error');
  let log: RunLog | undefined;
  const logged = (end: RunEnd): RunEnd => {
    log?.end(end.status);
    return end;
  };
  try {
    const parsed = parseRestoreCommandLine(args);
    if (parsed.kind === 'text') {
      await results.write(parsed.text);
      return { status: 0 };
    }
    const { request } = parsed;
    if (request.command === 'run' && request.logFile !== undefined) {
      log = new RunLog(request.logFile, [results, messages]);
    }
    refuseTerminal(request, host);
    const isInDisposable = request.command === 'run' && request.paranoidMode;
    const streams = { stdout: host.stdout, stderr: host.stderr, results, messages };
    const screen = chooseScreen(request, streams, host.env);
    const endAtOnce = (): void => {
      const error = howToGoOn(interruption.signal.reason, request);
      if (error instanceof QubesRpcError) screen.show(errorEvent(error));
      host.exit(exitCodeOf(error));
    };
    const patience = isInDisposable ? PATIENCE_WITH_DISPOSABLE : undefined;
    const interruption = new Interruption(host, endAtOnce, patience);
    results.onBroken = (error) => interruption.end(error);
    try {
      const { signal } = interruption;
      return logged(
        isInDisposable
          ? { status: await carryOutInDisposable(request, host, { results, messages }, signal) }
          : await carryOut(request, host, opener, { screen, results }, signal),
      );
    } finally {
      interruption.dispose();
    }
  } catch (error) {
    if (!(error instanceof QubesRpcError)) throw error;
    const event = errorEvent(error);
    // The options were not understood, but a program that asked for JSON can read nothing else.
    // Standard output of `cat` is for bytes only.
    if (args.includes('--json')) {
      await (args[0] === 'cat' ? messages : results).write(`${JSON.stringify(event)}\n`);
    } else await messages.write(`${notice(event)}\n`);
    return logged({ status: exitCodeOf(error) });
  }
}

async function carryOutInDisposable(
  request: RunRequest,
  host: ProgramProcess,
  streams: { results: Output; messages: Output },
  signal: AbortSignal,
): Promise<number> {
  const { archive, passphraseFile, root } = request;
  return runInSandbox(request, {
    ...streams,
    isTerminal: host.stdout.isTTY,
    signal,
    target: await targetSystem(request, host.env, signal),
    caller: await chooseCaller(root, host.env),
    passphrases: () => findPassphrases(passphraseFile, archive, host.stdin, signal),
  });
}

function carryOut(
  request: RestoreRequest,
  host: ProgramProcess,
  { openBackup, readInfo }: Opener,
  streams: { screen: ReturnType<typeof chooseScreen>; results: Output },
  signal: AbortSignal,
): Promise<RunEnd> {
  const file = 'passphraseFile' in request ? request.passphraseFile : undefined;
  return runRestore(request, {
    ...streams,
    signal,
    openBackup,
    readInfo,
    openTarget: (wanted) => targetSystem(wanted, host.env, signal),
    openTerminal,
    openSource: () => chooseSource(request, host.stdin, host.env),
    passphrases: (archive) => findPassphrases(file, archive, host.stdin, signal),
  });
}

/** An image on a terminal is of no use, and untrusted bytes there are dangerous. */
function refuseTerminal(request: RestoreRequest, { stdin, stdout }: ProgramProcess): void {
  if (request.command === 'cat' && stdout.isTTY) {
    throw new UsageError('Refusing to write the raw bytes of a part to a terminal', {
      hint: 'Send them to a file or a program: > FILE, or | less.',
    });
  }
  if (request.archive === '-' && request.from === undefined && stdin.isTTY) {
    throw new UsageError('Cannot read a backup from a terminal: standard input is one');
  }
}
