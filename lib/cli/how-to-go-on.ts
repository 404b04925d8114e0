import { CancelledError, systemErrorCode } from '../base/errors.ts';
import type { RestoreRequest } from './restore-request.ts';

/** The reason of an early end, with what the person can do now. */
export function howToGoOn(reason: unknown, request: RestoreRequest): unknown {
  if (!(reason instanceof CancelledError)) return reason;
  // Whoever read our output had enough of it, and nothing was kept that could be gone on with.
  const isKept =
    request.command === 'extract' || (request.command === 'run' && !request.paranoidMode);
  if (systemErrorCode(reason.cause) === 'EPIPE' && !isKept) return reason;
  const hint = isKept
    ? 'Run the same command again: what is finished is kept.'
    : 'Run the same command again.';
  return new CancelledError(reason.message, { hint }, { cause: reason });
}
