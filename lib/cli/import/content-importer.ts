import { parseReply } from '../../admin/frames.ts';
import type { Transport } from '../../admin/transport.ts';
import type { DataBlock, SparseContent } from '../../archive/inner/inner-entry.ts';
import { stopIfCancelled } from '../../base/cancelled.ts';
import { createLog } from '../../base/log.ts';
import type { ImportContent } from '../../restore/import-content.ts';
import { importFrom } from './import-volume.ts';

/**
 * Imports content where the pools are folders of ours: right into their files, so that holes are never
 * sent and never written.
 * @param host its daemon, with the internal calls
 */
export function contentImporter(host: Transport, signal: AbortSignal): ImportContent {
  return async ({ qube, volume }, content) => {
    const source = new ObservedSource(content);
    const place = { host, destination: qube, argument: volume, signal, log: createLog() };
    const reply = await importFrom(source, String(content.size), place);
    stopIfCancelled(signal);
    // The host knows only that the import failed; why, the content knows.
    if (source.failure !== undefined) throw source.failure as Error;
    parseReply(reply);
  };
}

/** Content whose own failure is not lost on the way. */
class ObservedSource {
  failure: unknown;
  readonly #content: SparseContent;

  constructor(content: SparseContent) {
    this.#content = content;
  }

  async *blocks(): AsyncGenerator<DataBlock, void, undefined> {
    try {
      yield* this.#content.blocks();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  amount(): Promise<number> {
    return Promise.resolve(this.#content.size);
  }
}
