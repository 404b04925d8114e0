import { AdminError } from '../../base/admin-error.ts';
import { contentError } from '../../base/content-error.ts';
import type { DamagedError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { parseBoolean } from '../parse-value.ts';

export const STORE = 'qubes.xml';

/**
 * The error of a store that says something impossible.
 * @param where the qube and property, or what else it is about
 */
export function storeError(where: string, reason: string, cause?: unknown): DamagedError {
  return contentError(STORE, `${printable(where)}: ${printable(reason)}`, cause);
}

/**
 * Reads one thing of the store, which the rules of the model may refuse.
 * @throws DamagedError
 */
export function reading<Result>(where: () => string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof AdminError) throw storeError(where(), error.message, error);
    throw error;
  }
}

/** A boolean of an old store. @throws DamagedError */
export function readBoolean(untrusted: string, qube: string, property: string): boolean {
  return reading(
    () => `${property} of ${qube}`,
    () => parseBoolean(untrusted),
  );
}
