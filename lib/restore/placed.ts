import { AdminError } from '../base/admin-error.ts';
import { NeedsError, NoAnswerError, RefusedError } from '../base/errors.ts';

/** An error that concerns one volume, its place named; any other as it is. */
export async function placed(error: unknown, place: () => Promise<string>): Promise<unknown> {
  const isRefused = error instanceof AdminError;
  const isOfVolume =
    error instanceof NoAnswerError ||
    (error instanceof NeedsError && error.facts.stage === 'write');
  if (!isRefused && !isOfVolume) return error;
  const message = `${await place()}: ${error.message}`;
  return isRefused
    ? new RefusedError(message, { wireName: error.wireName, isLocal: true }, { cause: error })
    : new NeedsError(message, { ...error.facts, isLocal: true }, { cause: error });
}
