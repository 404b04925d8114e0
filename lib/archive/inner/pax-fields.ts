import { pathText } from '../../base/path-text.ts';
import type { SparseMapBuilder } from './sparse-map.ts';
import { PaxSparse } from './pax-sparse.ts';
import { paxRecords } from './pax-records.ts';
import { tarDamage } from './tar-damage.ts';
import { parseDecimal } from './tar-number.ts';

/** What PAX headers say about an entry, in place of its header block. Unknown keywords are ignored. */
export interface PaxFields {
  readonly untrustedPath?: string;
  readonly untrustedLinkPath?: string;
  readonly size?: number;
  readonly mtime?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly sparse?: PaxSparse;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads a PAX header for one entry (`x`) or for all that follow (`g`).
 * @param inherited what earlier global headers said; a record with an empty value takes it back
 * @throws DamagedError for records that are none, and for a global header that speaks of what only
 *   one file can have: its path, its size, its holes
 */
export function parsePaxFields(
  bytes: Uint8Array,
  scope: 'one' | 'global',
  inherited: PaxFields,
  newMap: () => SparseMapBuilder,
): PaxFields {
  const fields: Mutable<PaxFields> = { ...inherited };
  for (const { untrustedKey: key, untrustedValue: value } of paxRecords(bytes)) {
    if (scope === 'global' && /^(path|linkpath|size|GNU\.sparse\..*)$/.test(key)) {
      throw tarDamage('a global PAX header speaks of a single file');
    }
    if (key.startsWith('GNU.sparse.')) {
      fields.sparse ??= new PaxSparse(newMap());
      fields.sparse.take(key.slice('GNU.sparse.'.length), value);
    } else {
      takeField(fields, key, value);
    }
  }
  return fields;
}

function takeField(fields: Mutable<PaxFields>, key: string, value: Uint8Array): void {
  switch (key) {
    case 'path': {
      replace(fields, 'untrustedPath', value, pathText);
      return;
    }
    case 'linkpath': {
      replace(fields, 'untrustedLinkPath', value, pathText);
      return;
    }
    case 'size':
    case 'uid':
    case 'gid': {
      replace(fields, key, value, (bytes) => parseDecimal(ascii(bytes), `PAX ${key}`));
      return;
    }
    case 'mtime': {
      replace(fields, key, value, parseTime);
      return;
    }
  }
}

function replace<Key extends keyof PaxFields>(
  fields: Mutable<PaxFields>,
  key: Key,
  value: Uint8Array,
  parse: (bytes: Uint8Array) => PaxFields[Key],
): void {
  if (value.length > 0) fields[key] = parse(value);
  else Reflect.deleteProperty(fields, key);
}

function parseTime(bytes: Uint8Array): number {
  const text = ascii(bytes);
  if (!/^-?[0-9]{1,15}(\.[0-9]{0,20})?$/.test(text)) throw tarDamage('the PAX mtime is no time');
  return Number(text);
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1');
}
