import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MiB } from '../../base/size.ts';

/** With small blocks (Node's default is 16 KiB) inflate spends its time waiting for the next. */
const BLOCK = MiB;

/**
 * Decompresses gzip, in Node's thread pool. The stream must end cleanly: cut off data and anything
 * behind the end are errors. Zeros behind the end are tolerated if `padded` (format 3 pads).
 * @throws the reason as a plain Error; errors of `source` pass through
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  padded: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const engine = createGunzip({ chunkSize: BLOCK });
  // Input that the engine has not consumed yet; what is left in the end lies behind the gzip data.
  const given: Uint8Array[] = [];
  let givenBytes = 0;
  const unconsumed = (): number => givenBytes - engine.bytesWritten;
  const forgetConsumed = (): void => {
    let held = given.reduce((sum, slice) => sum + slice.length, 0);
    for (let first = given[0]; first && held - first.length >= unconsumed(); first = given[0]) {
      held -= first.length;
      given.shift();
    }
  };
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const slice of source) {
      forgetConsumed();
      if (engine.readableEnded) {
        assertPadding(slice, padded);
        continue;
      }
      given.push(slice);
      givenBytes += slice.length;
      yield slice;
    }
  }
  const feeding = pipeline(watched(), engine).catch(() => undefined);
  try {
    // The compressed data may end long before `source` does: what follows has still to be looked at.
    for await (const block of engine.iterator({ destroyOnReturn: false })) {
      yield block as Uint8Array;
    }
    await feeding;
  } finally {
    engine.destroy();
  }
  if (engine.errored) throw engine.errored;
  forgetConsumed();
  let over = unconsumed();
  for (const slice of given.reverse()) {
    assertPadding(slice.subarray(Math.max(0, slice.length - over)), padded);
    over -= slice.length;
    if (over <= 0) break;
  }
}

function assertPadding(bytes: Uint8Array, padded: boolean): void {
  if (bytes.length > 0 && !(padded && bytes.every((byte) => byte === 0))) {
    throw new Error('there is data behind the end of the compressed data');
  }
}
