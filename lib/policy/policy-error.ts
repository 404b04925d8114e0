import { QubesRpcError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

/** Something in a policy file that makes the whole policy unusable. */
export interface PolicyProblem {
  /** Path of the file, or of the folder. */
  readonly file: string;
  /** From 1; 0 where it is about the file as a whole. */
  readonly line: number;
  /** What is wrong; safe to show. */
  readonly message: string;
}

/** The policy cannot be used: as long as that is so, no call is allowed. */
export class PolicyError extends QubesRpcError {
  /** All that was found; at least one. */
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly [PolicyProblem, ...PolicyProblem[]]) {
    const [first, ...others] = problems;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    super('damaged', `${problemText(first)}${more}`, {
      hint: 'Until the policy is repaired every call is refused; see qubes-rpc policy lint.',
    });
    this.problems = problems;
  }
}

/** `FILE:LINE: message`, as compilers write it. */
export function problemText({ file, line, message }: PolicyProblem): string {
  return `${printable(file, MAX_PATH)}:${line === 0 ? '' : `${line}:`} ${message}`;
}

const MAX_PATH = 500;
