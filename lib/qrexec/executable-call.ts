import { constants } from 'node:os';
import type { Readable } from 'node:stream';

import { execa } from 'execa';

import { sinkTo } from '../base/byte-sink.ts';
import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { CallError, NO_SERVICE, PROBLEM } from './call-error.ts';
import type { QrexecCall, QrexecRequest } from './caller.ts';
import { TextTail } from './text-tail.ts';

/** As execa's types want a descriptor to be; any number will do. */
type Descriptor = 3;

/** A program that serves, or makes, a call with its standard streams. */
export interface CallProgram {
  /** Absolute. */
  readonly path: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder it begins in; it must be there. */
  readonly cwd: string;
  /** Undefined for ours. */
  readonly umask: number | undefined;
  /** Descriptor for what it says on stderr; undefined when that is the caller's. */
  readonly log: number | undefined;
}

/**
 * Starts a program whose standard streams are those of a call. It is the head of a session of its own:
 * what a person types at our terminal does not reach it.
 * @throws CallError when it cannot be executed
 */
export async function callExecutable(
  { path, args, env, cwd, umask, log }: CallProgram,
  { signal, onStderr }: Pick<QrexecRequest, 'signal' | 'onStderr'>,
): Promise<QrexecCall> {
  signal.throwIfAborted();
  const child = withUmask(umask, () =>
    execa(path, args, {
      cwd,
      extendEnv: false,
      env,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: log === undefined ? 'pipe' : (log as Descriptor),
      buffer: false,
      reject: false,
      detached: true,
    }),
  );
  if (child.pid === undefined) {
    const { code, cause } = await child;
    // It was found: what is not there is its interpreter.
    const isAbsent = code === 'ENOENT';
    const reason = isAbsent ? 'its interpreter is not there' : reasonOf(cause);
    throw new CallError(
      isAbsent ? NO_SERVICE : PROBLEM,
      `Cannot execute ${path}: ${reason}`,
      {},
      cause,
    );
  }
  const outputs: readonly Readable[] = [child.stdout, child.stderr].filter((one) => one !== null);
  const kill = (): void => {
    child.stdin.destroy();
    outputs.forEach((output) => output.destroy());
    child.kill();
  };
  // Else what it has said is thrown away at its end, if the caller has not begun to read.
  child.stdout.on('readable', () => undefined);
  const stderr = new TextTail(child.stderr ?? undefined, onStderr);
  const closed = Promise.all(outputs.map(whenClosed));
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, name) =>
      resolve(name === null ? (code ?? PROBLEM) : 128 + constants.signals[name]),
    );
  });
  signal.addEventListener('abort', kill, { once: true });
  return {
    stdin: sinkTo(child.stdin),
    stdout: untilClosed(child.stdout),
    untrustedStderr: () => stderr.text(),
    finished: ended.then(async (status) => {
      await closed;
      signal.removeEventListener('abort', kill);
      return status;
    }),
    kill,
  };
}

/** The mask is inherited by what is started, and by nothing else: starting takes no turn. */
function withUmask<Started>(umask: number | undefined, start: () => Started): Started {
  if (umask === undefined) return start();
  const ours = process.umask(umask);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}

/** What was closed at this end is at its end. */
async function* untilClosed(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (systemErrorCode(error) !== undefined || !stream.destroyed) throw error;
  }
}

function whenClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}
