import { setMaxListeners } from 'node:events';
import { CancelledError, QubesRpcError } from './errors.ts';

/**
 * A controller that follows a signal of the outside: aborted by it, too, but always with an error of
 * our tree, whatever reason the outside had.
 */
export function cancellationBy(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  // Everything that can wait listens to it: many at a time is no leak.
  setMaxListeners(0, controller.signal);
  const follow = (): void => {
    const reason: unknown = signal?.reason;
    controller.abort(
      reason instanceof QubesRpcError
        ? reason
        : new CancelledError('Cancelled', {}, { cause: reason }),
    );
  };
  if (signal?.aborted === true) follow();
  // The outside's signal may live on for long: it must not keep us.
  else signal?.addEventListener('abort', follow, { once: true, signal: controller.signal });
  return controller;
}

/** @throws CancelledError once `signal` is aborted; its reason becomes the cause */
export function stopIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof CancelledError) throw signal.reason;
  throw new CancelledError('Cancelled', {}, { cause: signal.reason });
}
