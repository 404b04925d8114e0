import { readInnerTar } from '../../../lib/archive/inner/inner-tar.ts';
import type { InnerEntry } from '../../../lib/archive/inner/inner-entry.ts';
import type { InnerTarLimits } from '../../../lib/archive/inner/inner-tar-limits.ts';

/** Fields of a hand-made header block; what is left out is that of a small plain file. */
export interface HeaderFields {
  readonly name?: string | Uint8Array;
  readonly type?: string;
  readonly size?: number | Uint8Array;
  readonly mode?: number;
  readonly mtime?: number;
  readonly link?: string;
  readonly magic?: string;
  readonly prefix?: string;
  /** Bytes put at an offset before the checksum is made. */
  readonly patch?: ReadonlyMap<number, Uint8Array>;
}

/** A header block with a right checksum. */
export function header(fields: HeaderFields = {}): Buffer {
  const block = Buffer.alloc(512);
  const { name = 'file', size = 0, mode = 0o644, mtime = 0 } = fields;
  block.set(Buffer.from(name), 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.set(typeof size === 'number' ? number12(size) : size, 124);
  block.set(number12(mtime), 136);
  block.write(fields.type ?? '0', 156, 'latin1');
  block.write(fields.link ?? '', 157);
  block.write(fields.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(fields.prefix ?? '', 345);
  for (const [at, bytes] of fields.patch ?? []) block.set(bytes, at);
  block.fill(' ', 148, 156);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )}\0 `,
    148,
  );
  return block;
}

/** A 12-byte number field: octal, or base-256 where octal ends. */
export function number12(value: number): Buffer {
  if (value >= 0 && value < 8 ** 11) return Buffer.from(`${octal(value, 12)}\0`);
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64BE(BigInt(value), 4);
  bytes.fill(value < 0 ? 0xff : 0, 1, 4);
  bytes[0] = value < 0 ? 0xff : 0x80;
  return bytes;
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width - 1, '0');
}

/** Data padded to whole blocks. */
export function padded(data: Uint8Array | string): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)]);
}

export const END = Buffer.alloc(1024);

/** An entry: header and data. */
export function entry(fields: HeaderFields = {}, data: Uint8Array | string = ''): Buffer {
  const size = Buffer.from(data).length;
  return Buffer.concat([header({ size, ...fields }), padded(data)]);
}

export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** A PAX header; `type` is `x` for the next entry or `g` for all. */
export function pax(records: readonly (readonly [string, string])[], type = 'x'): Buffer {
  return entry({ name: 'PaxHeader', type }, records.map(([k, v]) => paxRecord(k, v)).join(''));
}

export type Pieces = readonly (readonly [offset: number, length: number])[];

/** An entry of GNU's old sparse format, its map spread over extension blocks as GNU tar does. */
export function gnuSparse(size: number, pieces: Pieces, data: Uint8Array, name = 'img'): Buffer {
  const patch = new Map<number, Uint8Array>([[483, number12(size)]]);
  const pairs = pieces.map(([at, length]) => Buffer.concat([number12(at), number12(length)]));
  patch.set(386, Buffer.concat(pairs.slice(0, 4)));
  if (pairs.length > 4) patch.set(482, Buffer.of(1));
  const blocks: Buffer[] = [];
  for (let at = 4; at < pairs.length; at += 21) {
    const block = Buffer.alloc(512);
    block.set(Buffer.concat(pairs.slice(at, at + 21)));
    block[504] = at + 21 < pairs.length ? 1 : 0;
    blocks.push(block);
  }
  const head = header({ name, type: 'S', size: data.length, magic: 'ustar  \0', patch });
  return Buffer.concat([head, ...blocks, padded(data)]);
}

/** An entry of PAX sparse format 1.0, as images of block devices are stored. */
export function paxSparse(size: number, pieces: Pieces, data: Uint8Array, name = 'img'): Buffer {
  const map = padded([pieces.length, ...pieces.flat()].map((value) => `${value}\n`).join(''));
  return Buffer.concat([paxSparseHeader(size, name), entry({}, Buffer.concat([map, data]))]);
}

export function paxSparseHeader(size: number, name = 'img'): Buffer {
  return pax([
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.minor', '0'],
    ['GNU.sparse.name', name],
    ['GNU.sparse.realsize', String(size)],
  ]);
}

/** What a test wants to know of an entry. */
export interface SeenEntry {
  readonly path: string;
  readonly type: InnerEntry['type'];
  readonly size: number;
  readonly dataSize: number;
  readonly mode: number;
  readonly mtime: number;
  readonly target: string | undefined;
  readonly extents: Pieces;
  /** All data, holes left out. */
  readonly data: Buffer;
}

export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function seen(entry: InnerEntry): Promise<SeenEntry> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of entry.blocks()) parts.push(bytes);
  return {
    path: entry.untrustedPath,
    type: entry.type,
    size: entry.size,
    dataSize: entry.dataSize,
    mode: entry.mode,
    mtime: entry.mtime,
    target: entry.untrustedLinkTarget,
    extents: [...entry.extents].map(({ offset, length }) => [offset, length] as const),
    data: Buffer.concat(parts),
  };
}

/** Reads a whole archive, fed in pieces of `size` bytes. */
export async function readAll(
  bytes: Uint8Array,
  size = Math.max(1, bytes.length),
  limits?: InnerTarLimits,
): Promise<SeenEntry[]> {
  const entries: SeenEntry[] = [];
  for await (const entry of readInnerTar(inPieces(bytes, size), limits)) {
    entries.push(await seen(entry));
  }
  return entries;
}
