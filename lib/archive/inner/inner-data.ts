import type { ByteReader } from '../../base/byte-reader.ts';
import type { DataBlock } from './inner-entry.ts';
import type { SparseMap } from './sparse-map.ts';
import { tarDamage } from './tar-damage.ts';
import { BLOCK_SIZE } from './tar-header.ts';

/** The data of one entry on its way through: handed out at most once, the rest skipped. */
export class InnerData {
  #left: number;
  #taken = false;
  #over = false;
  readonly #reader: ByteReader;
  readonly #map: SparseMap;

  constructor(reader: ByteReader, map: SparseMap) {
    this.#reader = reader;
    this.#map = map;
    this.#left = map.dataSize;
  }

  async *blocks(): AsyncGenerator<DataBlock, void, undefined> {
    if (this.#taken) throw new Error('The data of an entry can be taken only once');
    this.#taken = true;
    for (const extent of this.#map) {
      let offset = extent.offset;
      const end = offset + extent.length;
      while (offset < end) {
        const bytes = await this.#some(end - offset);
        yield { offset, bytes };
        offset += bytes.length;
      }
    }
  }

  /** Reads what was not taken, and the padding. */
  async skip(): Promise<void> {
    const padding = -this.#map.dataSize & (BLOCK_SIZE - 1);
    while (this.#left > 0) await this.#some(this.#left);
    this.#over = true;
    await this.#reader.exactly(padding);
  }

  async #some(max: number): Promise<Uint8Array> {
    if (this.#over) throw new Error('The data of an entry is gone once the next is asked for');
    const bytes = await this.#reader.some(max);
    if (bytes === undefined) {
      throw tarDamage(`it ends in the middle of a file, ${this.#left} bytes are missing`);
    }
    this.#left -= bytes.length;
    return bytes;
  }
}
