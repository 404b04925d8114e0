/** `bytes` as a source that gives them in blocks of `size`. */
export async function* inBlocks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything a source gives, joined. */
export async function collect(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of source) blocks.push(block);
  return Buffer.concat(blocks);
}
