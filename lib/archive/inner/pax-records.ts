import { tarDamage } from './tar-damage.ts';

export interface PaxRecord {
  readonly untrustedKey: string;
  readonly untrustedValue: Uint8Array;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const EQUALS = 0x3d;
const MAX_LENGTH_DIGITS = 10;

/**
 * The records of a PAX extended header in their order: `LENGTH KEY=VALUE\n`, where LENGTH counts
 * the whole record, itself included (POSIX.1-2001, "pax Extended Header").
 * @throws DamagedError at the first record that is not one
 */
export function* paxRecords(bytes: Uint8Array): Generator<PaxRecord, void, undefined> {
  for (let start = 0; start < bytes.length;) {
    const space = bytes.subarray(start, start + MAX_LENGTH_DIGITS + 1).indexOf(SPACE);
    const digits = String.fromCharCode(...bytes.subarray(start, start + Math.max(space, 0)));
    const length = /^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0;
    const record = bytes.subarray(start, start + length);
    if (record.length !== length || record[length - 1] !== NEWLINE) {
      throw tarDamage('a PAX record has a wrong length');
    }
    const equals = record.indexOf(EQUALS, space + 1);
    if (equals <= space + 1) throw tarDamage('a PAX record has no keyword');
    yield {
      untrustedKey: Buffer.from(record.subarray(space + 1, equals)).toString('latin1'),
      untrustedValue: record.subarray(equals + 1, length - 1),
    };
    start += length;
  }
}
