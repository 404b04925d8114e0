import { DamagedError } from '../base/errors.ts';

/**
 * Everything a source gives, joined in memory.
 * @throws DamagedError when that is more than `max` bytes
 */
export async function collect(source: AsyncIterable<Uint8Array>, max: number): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let size = 0;
  for await (const block of source) {
    size += block.length;
    if (size > max) {
      throw new DamagedError(`There are more than ${max} bytes`, { stage: 'content' });
    }
    blocks.push(block);
  }
  return Buffer.concat(blocks, size);
}
