import { AdminError, QubesException } from '../../base/admin-error.ts';
import { QubesRpcError } from '../../base/errors.ts';

/**
 * What has gone wrong as the caller may see it: a disk or a program that failed is named; a fault in
 * our program stays what it is.
 */
export function toAdminError(error: unknown): unknown {
  return error instanceof QubesRpcError
    ? new QubesException(error.message, { cause: error })
    : error;
}

/** The reason of a failure, for an event. */
export function reasonOf(error: unknown): string {
  const known = error instanceof AdminError || error instanceof QubesRpcError;
  return known ? error.message : 'Internal error';
}
