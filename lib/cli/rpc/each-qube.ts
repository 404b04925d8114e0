import { errorEvent } from '../../base/error-event.ts';
import { CancelledError, QubesRpcError, RefusedError } from '../../base/errors.ts';
import { asOurs } from '../../base/as-ours.ts';
import type { RpcDoors } from './rpc-doors.ts';

/** Something that is done to several qubes. */
export interface Deed {
  readonly command: string;
  /** For what is waited for: `Starting`. */
  readonly doing: string;
  /** What is said of those that failed: `did not start`. */
  readonly failure: string;
  readonly act: (qube: string) => Promise<void>;
}

/**
 * Does something to several qubes at the same time, and tells of each when it is done.
 * @throws the error of the only qube; of several what went wrong is told at once, and in the end that
 * something did
 */
export async function eachQube(
  names: readonly string[],
  deed: Deed,
  { screen }: Pick<RpcDoors, 'screen'>,
): Promise<void> {
  await throwFailures(await tryEach(names, deed, { screen }), names, deed.failure, screen);
}

/** The same, without judging. @returns what went wrong, by the qube */
export async function tryEach(
  names: readonly string[],
  { command, doing, act }: Omit<Deed, 'failure'>,
  { screen }: Pick<RpcDoors, 'screen'>,
): Promise<ReadonlyMap<string, unknown>> {
  const left = new Set(names);
  const failed = new Map<string, unknown>();
  const wait = (): void => {
    if (left.size > 0) screen.waiting(`${doing} ${[...left].join(', ')}`);
  };
  wait();
  await Promise.all(
    names.map(async (qube) => {
      try {
        await act(qube);
        left.delete(qube);
        await screen.done({ type: 'done', command, qube });
      } catch (error) {
        left.delete(qube);
        failed.set(qube, error);
      }
      wait();
    }),
  );
  return failed;
}

/**
 * @param failure what is said of those that failed: `did not start`
 * @throws what `eachQube` throws
 */
export async function throwFailures(
  failed: ReadonlyMap<string, unknown>,
  names: readonly string[],
  failure: string,
  screen: RpcDoors['screen'],
): Promise<void> {
  if (failed.size === 0) return;
  for (const [qube, thrown] of failed) {
    const error = asOurs(thrown);
    const isTold = error instanceof QubesRpcError && !(error instanceof CancelledError);
    if (!isTold || names.length === 1) throw error;
    await screen.error(errorEvent(error.locate({ qube })));
  }
  throw new RefusedError(`${failed.size} of ${names.length} qubes ${failure}`);
}
