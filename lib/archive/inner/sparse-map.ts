import { BLOCK_SIZE } from './tar-header.ts';
import { tarDamage } from './tar-damage.ts';

/** A run of bytes that are there; what lies between two of them is a hole and reads as zeros. */
export interface Extent {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, never 0. */
  readonly length: number;
}

/**
 * Where the data of a file is: extents in order that neither overlap nor touch. Sixteen bytes an
 * extent, since there can be millions; iterate it, or ask for one by its number.
 */
export class SparseMap implements Iterable<Extent> {
  readonly length: number;
  /** Bytes in all extents together. */
  readonly dataSize: number;
  readonly #pairs: Float64Array;

  constructor(pairs: Float64Array) {
    this.#pairs = pairs;
    this.length = pairs.length / 2;
    let sum = 0;
    for (let at = 1; at < pairs.length; at += 2) sum += pairs[at] ?? 0;
    this.dataSize = sum;
  }

  /** The map of a file without holes. */
  static whole(size: number): SparseMap {
    return new SparseMap(size === 0 ? new Float64Array(0) : Float64Array.of(0, size));
  }

  /** @throws RangeError when there is no such extent */
  at(index: number): Extent {
    const offset = this.#pairs[2 * index];
    const length = this.#pairs[2 * index + 1];
    if (offset === undefined || length === undefined) throw new RangeError(`No extent ${index}`);
    return { offset, length };
  }

  *[Symbol.iterator](): Iterator<Extent> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/**
 * Makes a {@link SparseMap} of what an archive says, piece by piece, and believes none of it: every
 * method throws DamagedError on a map that cannot be.
 */
export class SparseMapBuilder {
  #pairs = new Float64Array(8);
  #used = 0;
  #entries = 0;
  #end = 0;
  #partial = false;
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** How many pieces were added, empty ones (which only mark the end) and touching ones included. */
  get entries(): number {
    return this.#entries;
  }

  add(offset: number, length: number): void {
    if (++this.#entries > this.#maxEntries) {
      throw tarDamage(`a map of holes has more than ${this.#maxEntries} pieces`);
    }
    if (offset < this.#end) throw tarDamage('a map of holes overlaps itself or runs backwards');
    if (!Number.isSafeInteger(offset + length)) throw tarDamage('a map of holes is out of range');
    if (length === 0) {
      this.#end = offset;
      return;
    }
    // GNU tar pads every piece to whole blocks, others only the last one: where the next piece
    // begins would be a guess. No writer makes such a map.
    if (this.#partial) throw tarDamage('a map of holes has a broken block before its end');
    this.#partial = length % BLOCK_SIZE !== 0;
    this.#append(offset, length);
    this.#end = offset + length;
  }

  /** The finished map of a file of `size` bytes of which `dataSize` are stored. */
  build(size: number, dataSize: number): SparseMap {
    if (this.#end > size) throw tarDamage('a map of holes goes beyond the end of its file');
    const map = new SparseMap(this.#pairs.subarray(0, this.#used));
    if (map.dataSize !== dataSize) {
      throw tarDamage(`a map of holes tells of ${map.dataSize} bytes, but ${dataSize} are stored`);
    }
    return map;
  }

  #append(offset: number, length: number): void {
    if (this.#used > 0 && this.#lastEnd() === offset) {
      this.#pairs[this.#used - 1] = (this.#pairs[this.#used - 1] ?? 0) + length;
      return;
    }
    if (this.#used === this.#pairs.length) {
      const larger = new Float64Array(this.#pairs.length * 2);
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[this.#used++] = offset;
    this.#pairs[this.#used++] = length;
  }

  #lastEnd(): number {
    return (this.#pairs[this.#used - 2] ?? 0) + (this.#pairs[this.#used - 1] ?? 0);
  }
}
