import { ProtocolError } from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';

export const LETTERS_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
export const WORDS = `${LETTERS_AND_DIGITS}-.,_= `;

/**
 * Accepts a value from a qube's own database.
 * @param allowed all characters it may have
 * @throws ProtocolError
 */
export function parseSafeText(untrusted: Uint8Array, allowed: string): string {
  const text = decodeAscii(untrusted);
  if (text !== undefined && hasOnly(text, allowed)) return text;
  throw new ProtocolError(`Value outside safe set: ${allowed}`);
}

function hasOnly(text: string, allowed: string): boolean {
  for (const character of text) if (!allowed.includes(character)) return false;
  return true;
}
