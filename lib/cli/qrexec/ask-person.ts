import { createInterface } from 'node:readline/promises';

import { printable } from '../../base/printable.ts';
import type { ResolvedTarget } from '../../policy/verdict.ts';
import type { PolicyQuestion } from '../../qrexec/embedded-doors.ts';
import { openTerminal, type Terminal } from '../open-terminal.ts';

/**
 * Asks the person at the terminal whether a call is to be made, and to which qube. The terminal
 * itself is opened: the standard streams are those of the call.
 * @returns undefined for a no, and where there is no terminal
 */
export async function askPerson(
  question: PolicyQuestion,
  signal: AbortSignal,
): Promise<ResolvedTarget | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  try {
    return await ask(question, terminal, signal);
  } finally {
    terminal.close();
  }
}

async function ask(
  { call, verdict }: PolicyQuestion,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<ResolvedTarget | undefined> {
  const { targets, defaultTarget } = verdict;
  const called = call.argument === '' ? call.service : `${call.service}+${call.argument}`;
  const preset = defaultTarget && targets.findIndex((one) => nameOf(one) === nameOf(defaultTarget));
  output.write(
    `${printable(call.source)} wants to call ${printable(called)}. It may go to:\n` +
      targets.map((target, at) => `  ${at + 1}  ${nameOf(target)}\n`).join(''),
  );
  const offered = preset === undefined || preset < 0 ? '' : `, Enter for ${preset + 1}`;
  const answer = await readAnswer(`Which number${offered}, or n for no? `, input, output, signal);
  if (answer === '' && preset !== undefined) return targets[preset];
  return /^[1-9][0-9]{0,5}$/.test(answer) ? targets[Number(answer) - 1] : undefined;
}

/** @returns `n` where there is no answer */
async function readAnswer(
  question: string,
  input: Terminal['input'],
  output: Terminal['output'],
  signal: AbortSignal,
): Promise<string> {
  const lines = createInterface({ input, output });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    const either = AbortSignal.any([signal, closed.signal]);
    return (await lines.question(question, { signal: either })).trim();
  } catch (error) {
    signal.throwIfAborted();
    if (closed.signal.aborted) return 'n';
    throw error;
  } finally {
    lines.close();
  }
}

function nameOf(target: ResolvedTarget): string {
  switch (target.kind) {
    case 'dom0':
      return 'dom0';
    case 'disposable':
      return `a new disposable of ${target.template}`;
    default:
      return target.name;
  }
}
