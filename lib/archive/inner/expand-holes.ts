import { setImmediate as nextTurn } from 'node:timers/promises';

import { ZEROS } from '../../base/zeros.ts';
import type { SparseContent } from './inner-entry.ts';

/** All bytes of a file in order, its holes as zeros. */
export async function* expandHoles(
  content: SparseContent,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  for await (const { offset, bytes } of content.blocks()) {
    yield* zeros(offset - at);
    yield bytes;
    at = offset + bytes.length;
  }
  yield* zeros(content.size - at);
}

async function* zeros(length: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, left);
    // A reader that is never slow would keep signals waiting for terabytes.
    await nextTurn();
  }
}
