import type { ByteSink } from './byte-sink.ts';
import { systemErrorCode } from './errors.ts';

/** Sends all there is and ends it, or stops when nobody reads it any more: the other end says why. */
export async function sendAll(source: AsyncIterable<Uint8Array>, to: ByteSink): Promise<void> {
  for await (const block of source) {
    try {
      await to.write(block);
    } catch (error) {
      if (systemErrorCode(error) === 'EPIPE') return;
      throw error;
    }
  }
  await to.end();
}
