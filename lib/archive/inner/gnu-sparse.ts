import type { ByteReader } from '../../base/byte-reader.ts';
import type { SparseMap, SparseMapBuilder } from './sparse-map.ts';
import { tarDamage } from './tar-damage.ts';
import { BLOCK_SIZE, natural } from './tar-header.ts';

const PAIR_SIZE = 24;

/**
 * The map of an entry of type `S` ("old GNU" sparse format): up to four pieces in the header block,
 * further ones 21 a block in extension blocks right behind it, which are read here.
 * @param stored bytes of data in the archive
 * @throws DamagedError for a map that cannot be
 */
export async function readGnuSparse(
  header: Uint8Array,
  reader: ByteReader,
  stored: number,
  map: SparseMapBuilder,
): Promise<{ size: number; map: SparseMap }> {
  const size = natural(header.subarray(483, 495), 'size of a sparse file');
  let complete = addPieces(header.subarray(386, 482), map);
  let more = header[482] !== 0;
  while (more) {
    if (complete) throw tarDamage('a map of holes goes on after its end');
    const block = await reader.exactly(BLOCK_SIZE);
    complete = addPieces(block.subarray(0, 504), map);
    more = block[504] !== 0;
  }
  return { size, map: map.build(size, stored) };
}

/** @returns whether the list ended here: its first unused pair is blank */
function addPieces(pairs: Uint8Array, map: SparseMapBuilder): boolean {
  for (let at = 0; at < pairs.length; at += PAIR_SIZE) {
    if (pairs[at] === 0 && pairs[at + 12] === 0) return true;
    map.add(
      natural(pairs.subarray(at, at + 12), 'offset in a map of holes'),
      natural(pairs.subarray(at + 12, at + PAIR_SIZE), 'length in a map of holes'),
    );
  }
  return false;
}
