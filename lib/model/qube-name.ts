import { QubesValueError } from '../base/admin-error.ts';

const MAX_LENGTH = 31;

/**
 * Accepts the name of a qube: a letter, then up to 30 letters, digits, `_`, `.` and `-`.
 * @throws QubesValueError in the words of the reference
 */
export function parseQubeName(untrusted: string): string {
  const reason = reasonAgainst(untrusted);
  if (reason === undefined) return untrusted;
  throw new QubesValueError(`VM name ${reason}`);
}

function reasonAgainst(untrusted: string): string | undefined {
  if (untrusted.length > MAX_LENGTH) return `must be shorter than ${MAX_LENGTH + 1} characters`;
  if (/^[0-9_.-]/.test(untrusted)) return 'cannot start with hyphen, underscore, dot or numbers';
  if (!/^[a-zA-Z][a-zA-Z0-9_.-]*$/.test(untrusted)) return 'contains illegal characters';
  if (untrusted === 'Domain-0') return "cannot be 'Domain-0'";
  if (untrusted === 'none' || untrusted === 'default') return "cannot be 'none' nor 'default'";
  if (untrusted.endsWith('-dm')) return 'cannot end with -dm';
  return undefined;
}
