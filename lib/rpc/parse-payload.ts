import { ProtocolError, QubesValueError } from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';
import { parseBoolean } from '../model/parse-value.ts';

const MAX_DIGITS = 19;

/**
 * Accepts a whole number in decimal digits.
 * @param what as messages call it: `volume size`
 * @throws ProtocolError in the words of the reference
 * @throws QubesValueError for one that is not exact, from 2^53
 */
export function parseNumber(untrusted: Uint8Array, what: string): number {
  const text = decodeAscii(untrusted) ?? '';
  const title = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  if (!/^[0-9]+$/.test(text)) throw new ProtocolError(`${title} contains non ASCII digits`);
  if (text.length > MAX_DIGITS) {
    throw new ProtocolError(`${title} is bigger than ${MAX_DIGITS} decimal digits`);
  }
  if (/^0./.test(text)) throw new ProtocolError(`${title} contains spurious leading zeros`);
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new QubesValueError(`${title} is too large`);
  return number;
}

/** Accepts a whole number that may have a minus sign. */
export function parseInteger(untrusted: Uint8Array, what: string): number {
  const isNegative = untrusted[0] === 0x2d;
  const number = parseNumber(isNegative ? untrusted.subarray(1) : untrusted, what);
  return isNegative && number !== 0 ? -number : number;
}

/**
 * Accepts a yes or no.
 * @throws ProtocolError
 */
export function parseFlag(untrusted: Uint8Array): boolean {
  try {
    return parseBoolean(decodeAscii(untrusted) ?? '');
  } catch (error) {
    if (!(error instanceof QubesValueError)) throw error;
    throw new ProtocolError('Payload is not boolean ASCII', { cause: error });
  }
}
