import { execa } from 'execa';

import { constants } from 'node:os';

import { stopIfCancelled } from '../base/cancelled.ts';
import { findProgram } from '../base/program.ts';
import type { Waiting } from './inside.ts';

/** What a shell ends with for a program that is not there. */
const NO_PROGRAM = 127;
const NOT_EXECUTABLE = 126;

/** Enough of what a program says to tell from it what is wrong. */
const MAX_OUTPUT = 64 * 1024;

/** How a program has ended. */
export interface ProgramEnd {
  /** As a shell has it: 127 for a program that is not there, 128 + n after signal n. */
  readonly status: number;
  /** What it said on stdout, without the last line break; at most 64 KiB. */
  readonly text: string;
}

/**
 * Runs a program of the qube to its end; what it says on stderr goes to the log.
 * @param env added to that of the qube
 * @throws CancelledError when told to end, which ends the program
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  { inside, log, signal }: Waiting,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  stopIfCancelled(signal);
  const path = await findProgram(name, inside.env['PATH']);
  if (path === undefined) {
    log.error(`${name}: not found`);
    return { status: NO_PROGRAM, text: '' };
  }
  const result = await execa(path, args, {
    env: { ...inside.env, ...env },
    extendEnv: false,
    stdin: 'ignore',
    maxBuffer: MAX_OUTPUT,
    cancelSignal: signal,
    reject: false,
  });
  stopIfCancelled(signal);
  if (result.stderr !== '') log.info(result.stderr);
  const { exitCode, signal: ended, stdout } = result;
  if (ended !== undefined) return { status: 128 + constants.signals[ended], text: stdout };
  return { status: exitCode ?? NOT_EXECUTABLE, text: stdout };
}
