import { QubesValueError } from '../base/admin-error.ts';

export { parseBoolean } from '../base/parse-boolean.ts';

/** Space as Python's `int()` strips it. */
const SPACE = '[ \\t-\\r]*';
const INTEGER = new RegExp(`^${SPACE}([+-]?)([0-9]+(?:_[0-9]+)*)${SPACE}$`);

/**
 * A whole number in all the forms that clients may use because Python's `int()` takes them:
 * ` 500 `, `+500`, `5_0_0`.
 * @throws QubesValueError also for a number that could not be kept exactly
 */
export function parseInteger(untrusted: string): number {
  const match = INTEGER.exec(untrusted);
  const [, sign = '', digits = ''] = match ?? [];
  const value = Number(`${sign}${digits.replaceAll('_', '')}`);
  if (match === null || !Number.isSafeInteger(value)) {
    throw new QubesValueError('Failed to parse property value as int');
  }
  return value === 0 ? 0 : value;
}

/** Text that is printable ASCII, with tab and line breaks: as much of it as the store can hold. */
export function parseText(untrusted: string): string {
  if (/^[\t\n\r\x20-\x7e]*$/.test(untrusted)) return untrusted;
  throw new QubesValueError('Invalid characters in property value');
}
