import { createInterface, type Interface } from 'node:readline/promises';

import { CancelledError, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { RestorePlan } from '../../base/restore-plan.ts';
import { requireRunnable } from '../../restore/check-plan.ts';
import type { RestoreOptions } from '../../restore/restore-options.ts';
import { editOptions } from './edit-options.ts';

/** Where the person reads and types. */
export interface Conversation {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** What the person may change. */
export interface Proposal {
  readonly plan: RestorePlan;
  readonly options: RestoreOptions;
  /** The plan for other options. @throws UsageError */
  readonly replan: (options: RestoreOptions) => RestorePlan;
  readonly show: (plan: RestorePlan) => string;
}

const HELP =
  'y restores, N ends; -QUBE leaves a qube out, +QUBE takes it back, QUBE=NAME gives it a new name.';

/**
 * Shows a plan and asks whether it is to be carried out; qubes can be left out and renamed before
 * that, and the plan is shown anew.
 * @returns the plan that the person agreed to
 * @throws CancelledError when the answer is no, or none
 */
export async function askAboutPlan(
  { plan, options, replan, show }: Proposal,
  { input, output }: Conversation,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const lines = createInterface({ input, output });
  const say = (text: string): void => void output.write(`${printable(text, 2000)}\n`);
  output.write(show(plan));
  say(HELP);
  try {
    for (;;) {
      const answer = await ask(lines, signal);
      if (/^(n(o)?)?$/i.test(answer)) throw new CancelledError('Nothing was done');
      try {
        if (/^y(es)?$/i.test(answer)) {
          requireRunnable(plan);
          return plan;
        }
        const changed = editOptions(options, answer);
        plan = replan(changed);
        options = changed;
        output.write(show(plan));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        say(error.message);
      }
    }
  } finally {
    lines.close();
  }
}

/** @returns what was typed; empty at the end of the input */
async function ask(lines: Interface, signal: AbortSignal): Promise<string> {
  const closed = new AbortController();
  const onClose = (): void => closed.abort();
  lines.once('close', onClose);
  try {
    const either = AbortSignal.any([signal, closed.signal]);
    return (await lines.question('Restore them? [y/N] ', { signal: either })).trim();
  } catch (error) {
    signal.throwIfAborted();
    if (closed.signal.aborted) return '';
    throw error;
  } finally {
    lines.off('close', onClose);
  }
}
