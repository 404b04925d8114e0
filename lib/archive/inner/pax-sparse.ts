import type { ByteReader } from '../../base/byte-reader.ts';
import { pathText } from '../../base/path-text.ts';
import type { SparseMap, SparseMapBuilder } from './sparse-map.ts';
import { tarDamage } from './tar-damage.ts';
import { BLOCK_SIZE } from './tar-header.ts';
import { parseDecimal } from './tar-number.ts';

const COMMA = 0x2c;

/**
 * The `GNU.sparse.…` records of one file: formats 0.0 (a pair of records a piece), 0.1 (all in one
 * record) and 1.0 (the map lies before the data). Source: manual of GNU tar, "Storing Sparse Files".
 */
export class PaxSparse {
  untrustedName: string | undefined;
  #size: number | undefined;
  #major: number | undefined;
  #minor: number | undefined;
  #count: number | undefined;
  #offset: number | undefined;
  readonly #map: SparseMapBuilder;

  constructor(map: SparseMapBuilder) {
    this.#map = map;
  }

  /** @throws DamagedError for a value that is no number, or pieces out of order */
  take(key: string, value: Uint8Array): void {
    switch (key) {
      case 'name':
        this.untrustedName = pathText(value);
        return;
      case 'map': {
        this.#takeMap(value);
        return;
      }
      case 'size':
      case 'realsize':
        this.#size = once(this.#size, decimal(value), 'sizes');
        return;
      case 'major':
        this.#major = once(this.#major, decimal(value), 'sparse versions');
        return;
      case 'minor':
        this.#minor = once(this.#minor, decimal(value), 'sparse versions');
        return;
      case 'numblocks':
        this.#count = once(this.#count, decimal(value), 'piece counts');
        return;
      case 'offset':
        if (this.#offset !== undefined) throw tarDamage('a piece of a map has no length');
        this.#offset = decimal(value);
        return;
      case 'numbytes':
        if (this.#offset === undefined) throw tarDamage('a piece of a map has no offset');
        this.#map.add(this.#offset, decimal(value));
        this.#offset = undefined;
        return;
      default:
        throw tarDamage('a sparse file has a record nobody knows');
    }
  }

  /** Bytes of the file with its holes. */
  get size(): number {
    if (this.#size === undefined) throw tarDamage('a sparse file does not tell its size');
    return this.#size;
  }

  /**
   * The map of the file whose `stored` bytes come next in `reader`. In format 1.0 some of them are
   * the map itself, and are read here.
   */
  async finish(reader: ByteReader, stored: number): Promise<SparseMap> {
    if (this.#offset !== undefined) throw tarDamage('a piece of a map has no length');
    if (this.#major === 1 && this.#minor === 0) {
      if (this.#map.entries > 0) throw tarDamage('a sparse file tells its holes in two ways');
      const read = await readMap(reader, stored, this.#map);
      return this.#map.build(this.size, stored - read);
    }
    if ((this.#major ?? 0) !== 0 || (this.#minor ?? 0) > 1) {
      throw tarDamage('the holes of a file are stored in an unknown version');
    }
    if (this.#count !== undefined && this.#count !== this.#map.entries) {
      throw tarDamage('a map of holes has another number of pieces than it says');
    }
    return this.#map.build(this.size, stored);
  }

  #takeMap(value: Uint8Array): void {
    if (this.#map.entries > 0) throw tarDamage('a sparse file tells its holes in two ways');
    let offset: number | undefined;
    for (let start = 0; start < value.length;) {
      const comma = value.indexOf(COMMA, start);
      const end = comma === -1 ? value.length : comma;
      const number = decimal(value.subarray(start, end));
      if (offset === undefined) offset = number;
      else {
        this.#map.add(offset, number);
        offset = undefined;
      }
      start = end + 1;
    }
    if (offset !== undefined || value.at(-1) === COMMA) {
      throw tarDamage('a piece of a map has no length');
    }
  }
}

function decimal(bytes: Uint8Array): number {
  // One more than a number may have is enough to see that it has too many.
  return parseDecimal(Buffer.from(bytes.subarray(0, 17)).toString('latin1'), 'map of holes');
}

function once(known: number | undefined, value: number, what: string): number {
  if (known !== undefined && known !== value) throw tarDamage(`a sparse file has two ${what}`);
  return value;
}

/** Reads a map 1.0: lines with the count, then offset and length of each piece; zeros to a block. */
async function readMap(reader: ByteReader, stored: number, map: SparseMapBuilder): Promise<number> {
  const lines = new NumberLines(reader, stored);
  const count = await lines.next();
  for (let index = 0; index < count; index++) {
    const offset = await lines.next();
    map.add(offset, await lines.next());
  }
  return lines.finish();
}

/** Numbers, one a line, out of whole blocks. */
class NumberLines {
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  #read = 0;
  readonly #reader: ByteReader;
  readonly #max: number;

  constructor(reader: ByteReader, max: number) {
    this.#reader = reader;
    this.#max = max;
  }

  async next(): Promise<number> {
    let value = 0;
    for (let digits = 0; digits <= 16; digits++) {
      if (this.#at === this.#block.length) await this.#nextBlock();
      const byte = this.#block[this.#at++] ?? 0;
      if (byte === 0x0a && digits > 0 && Number.isSafeInteger(value)) return value;
      if (byte < 0x30 || byte > 0x39) break;
      value = value * 10 + (byte - 0x30); // so bracketed, no step exceeds 2^53
    }
    throw tarDamage('a map of holes has something that is no number');
  }

  /** @returns the bytes the map took, padding included */
  finish(): number {
    if (this.#block.subarray(this.#at).some((byte) => byte !== 0)) {
      throw tarDamage('a map of holes goes on after its end');
    }
    return this.#read;
  }

  async #nextBlock(): Promise<void> {
    if (this.#read + BLOCK_SIZE > this.#max) throw tarDamage('a map of holes has no end');
    this.#block = await this.#reader.exactly(BLOCK_SIZE);
    this.#read += BLOCK_SIZE;
    this.#at = 0;
  }
}
