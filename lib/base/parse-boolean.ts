import { QubesValueError } from './admin-error.ts';
import { pythonRepr } from './python-text.ts';

const FALSE = new Set(['0', 'no', 'false', 'off']);
const TRUE = new Set(['1', 'yes', 'true', 'on']);

/** A yes or no in all the forms that clients may use. @throws QubesValueError */
export function parseBoolean(untrusted: string): boolean {
  const lower = untrusted.toLowerCase();
  if (FALSE.has(lower)) return false;
  if (TRUE.has(lower)) return true;
  throw new QubesValueError(`Invalid literal for boolean property: ${pythonRepr(untrusted)}`);
}
