import { CancelledError } from './errors.ts';

/** @throws CancelledError once `signal` is aborted; its reason becomes the cause */
export function stopIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof CancelledError) throw signal.reason;
  throw new CancelledError('Cancelled', {}, { cause: signal.reason });
}
