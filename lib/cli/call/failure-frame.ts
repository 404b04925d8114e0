import { errorFrame } from '../../admin/frames.ts';
import { AdminError, QubesException } from '../../base/admin-error.ts';
import { NeedsError } from '../../base/errors.ts';

/**
 * What a caller gets when an executable cannot pass its call on: an answer, too.
 * @throws whatever is a fault of the program
 */
export function failureFrame(error: unknown): Buffer {
  if (error instanceof AdminError) return errorFrame(error);
  if (!(error instanceof NeedsError)) throw error;
  const { message, facts } = error;
  const text = facts.hint === undefined ? message : `${message}. ${facts.hint}`;
  return errorFrame(new QubesException(text));
}
