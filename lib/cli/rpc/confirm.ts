import { createInterface } from 'node:readline/promises';

import { CancelledError, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

const MAX_QUESTION = 2000;

/**
 * Asks the person at the terminal, and goes on if the answer is yes.
 * @throws UsageError when there is no terminal to ask on
 * @throws CancelledError when the answer is no, or none
 */
export async function confirm(
  question: string,
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<void> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new UsageError('Cannot ask whether to do it: there is no terminal', {
      hint: 'Say --yes if you are sure.',
    });
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  // End of input, where there will be no answer.
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const asked = `${printable(question, MAX_QUESTION)} [y/N] `;
    const answer = await terminal.question(asked, {
      signal: AbortSignal.any([signal, closed.signal]),
    });
    if (!/^y(es)?$/i.test(answer.trim())) throw new CancelledError('Nothing was done');
  } catch (error) {
    signal.throwIfAborted();
    throw closed.signal.aborted ? new CancelledError('Nothing was done') : error;
  } finally {
    terminal.close();
  }
}
