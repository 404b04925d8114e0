import { AdminError } from './admin-error.ts';
import { RefusedError } from './errors.ts';

/** What the daemon answered is, to the person, a refusal like others. */
export function asOurs(error: unknown): unknown {
  if (!(error instanceof AdminError)) return error;
  return new RefusedError(error.message, { wireName: error.wireName }, { cause: error });
}
