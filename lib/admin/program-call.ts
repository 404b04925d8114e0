import { execa } from 'execa';

import { sinkTo } from '../base/byte-sink.ts';
import { stopIfCancelled } from '../base/cancelled.ts';
import { sendAll } from '../base/send-all.ts';
import { TextTail } from '../qrexec/text-tail.ts';

/** A program that makes or serves a call: request on its standard input, reply on its output. */
export interface ProgramCall {
  /** Absolute. */
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly payload: AsyncIterable<Uint8Array>;
}

export interface ProgramEnd {
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  /** Whether there was any reply. */
  readonly answered: boolean;
  /** The end of what it said. */
  readonly untrustedStderr: string;
}

/**
 * Runs a program for one call.
 * @returns the bytes of the reply as they come, and in the end how it ended
 * @throws CancelledError, and what the source of the payload throws: it is killed then, before it
 * could take the end of its input for the end of the payload
 */
export async function* callProgram(
  { program, args, env = {}, payload }: ProgramCall,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, ProgramEnd, undefined> {
  const child = execa(program, args, {
    env,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cancelSignal: signal,
  });
  const stderr = new TextTail(child.stderr);
  let failure: unknown;
  sendAll(payload, sinkTo(child.stdin)).catch((error: unknown) => {
    failure = error;
    child.kill();
  });
  try {
    let answered = false;
    for await (const block of child.stdout as AsyncIterable<Uint8Array>) {
      answered = true;
      yield block;
    }
    const { exitCode: status } = await child;
    if (failure !== undefined) throw failure as Error;
    stopIfCancelled(signal);
    return { status, answered, untrustedStderr: stderr.text() };
  } catch (error) {
    stopIfCancelled(signal);
    throw error;
  } finally {
    child.kill();
  }
}
