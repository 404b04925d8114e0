import { UsageError } from '../base/errors.ts';

// Arguments are a word or nothing, and every call of a service has one looked at: to load what makes
// schemas would take a quarter of the start.

/** Accepts the argument of a service that takes none. */
export function noArgument(untrusted: string, refusal = 'This service takes no argument'): '' {
  if (untrusted !== '') throw new UsageError(refusal);
  return '';
}

/** The argument of a service that does not look at it, or leaves that to whom it asks. */
export function anyArgument(untrusted: string): string {
  return untrusted;
}
