import { tarDamage } from './tar-damage.ts';

/**
 * A number field of a tar header: octal digits (POSIX), or big-endian base-256 when the first byte
 * is 0x80, or 0xff for a negative one (GNU, for what octal cannot hold).
 * @returns undefined for a blank field
 * @throws DamagedError when it is none of these or not exact (2^53 and beyond)
 */
export function parseTarNumber(field: Uint8Array, what: string): number | undefined {
  const first = field[0] ?? 0;
  if (first >= 0x80) return parseBase256(field, first, what);
  const text = String.fromCharCode(...field);
  const digits = /^ *([0-7]*)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw tarDamage(`the ${what} is not a number`);
  return digits === '' ? undefined : parseInt(digits, 8);
}

/**
 * A number in decimal digits, as PAX records and sparse maps have them.
 * @throws DamagedError for anything but 1 to 16 digits below 2^53
 */
export function parseDecimal(text: string, what: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw tarDamage(`the ${what} is not a usable number`);
  return value;
}

function parseBase256(field: Uint8Array, first: number, what: string): number {
  if (first !== 0x80 && first !== 0xff) throw tarDamage(`the ${what} is too large`);
  // A negative number is minus one minus its complement: both signs add up the same way.
  const flip = first === 0xff ? 0xff : 0;
  const magnitude = field.subarray(1).reduce((sum, byte) => sum * 256 + (byte ^ flip), 0);
  if (!Number.isSafeInteger(magnitude)) throw tarDamage(`the ${what} is too large`);
  return flip === 0 ? magnitude : -magnitude - 1;
}
