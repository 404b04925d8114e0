import { pathText } from '../../base/path-text.ts';
import { tarDamage } from './tar-damage.ts';
import { parseTarNumber } from './tar-number.ts';

/** Tar counts in blocks of this many bytes; data is padded to whole ones. */
export const BLOCK_SIZE = 512;

/** The fields of one 512-byte header block, as POSIX ustar, GNU and the old v7 format share them. */
export interface TarHeader {
  readonly untrustedName: string;
  readonly untrustedLinkName: string;
  /** The type byte as a character; `\0` is the plain file of v7. */
  readonly untrustedType: string;
  /** Bytes that follow the header, without padding. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; may be negative. */
  readonly mtime: number;
  /** Written by GNU tar: the rest of the block is its, with sparse fields, not a name prefix. */
  readonly isGnu: boolean;
}

/**
 * Reads a header block. Layout: POSIX.1-1988 "ustar"; `tar.h` in the manual of GNU tar.
 * @throws DamagedError when its checksum is wrong or a number in it is none
 */
export function parseTarHeader(block: Uint8Array): TarHeader {
  if (parseTarNumber(block.subarray(148, 156), 'checksum') !== checksum(block)) {
    throw tarDamage('the checksum of a header is wrong');
  }
  const magic = String.fromCharCode(...block.subarray(257, 265));
  const isPosix = magic.startsWith('ustar\0');
  const name = untilNul(block.subarray(0, 100));
  const prefix = isPosix ? untilNul(block.subarray(345, 500)) : '';
  return {
    untrustedName: prefix === '' ? name : `${prefix}/${name}`,
    untrustedLinkName: untilNul(block.subarray(157, 257)),
    untrustedType: String.fromCharCode(block[156] ?? 0),
    size: natural(block.subarray(124, 136), 'size'),
    mode: natural(block.subarray(100, 108), 'mode', 0),
    uid: natural(block.subarray(108, 116), 'owner', 0),
    gid: natural(block.subarray(116, 124), 'group', 0),
    mtime: parseTarNumber(block.subarray(136, 148), 'time') ?? 0,
    isGnu: magic === 'ustar  \0',
  };
}

/**
 * A number field that cannot be negative.
 * @throws DamagedError when it is, or when it is blank and there is no default
 */
export function natural(field: Uint8Array, what: string, blank?: number): number {
  const value = parseTarNumber(field, what) ?? blank;
  if (value === undefined) throw tarDamage(`the ${what} is missing`);
  if (value < 0) throw tarDamage(`the ${what} is negative`);
  return value;
}

function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20; // the checksum itself counts as eight spaces
  for (let at = 0; at < BLOCK_SIZE; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

function untilNul(field: Uint8Array): string {
  const end = field.indexOf(0);
  return pathText(end === -1 ? field : field.subarray(0, end));
}
