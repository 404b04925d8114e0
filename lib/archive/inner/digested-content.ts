import { stopIfCancelled } from '../../base/cancelled.ts';
import { ContentDigest, type ContentSummary } from './content-digest.ts';
import type { DataBlock, SparseContent } from './inner-entry.ts';
import type { ContentOptions } from './take-content.ts';

/** A file that is digested while somebody else takes its blocks. */
export class DigestedContent implements SparseContent {
  readonly size: number;
  readonly #content: SparseContent;
  readonly #digest: ContentDigest;
  readonly #signal: AbortSignal | undefined;

  constructor(content: SparseContent, { alwaysDigest = false, signal }: ContentOptions) {
    this.size = content.size;
    this.#content = content;
    this.#digest = new ContentDigest(content.size, { always: alwaysDigest, signal });
    this.#signal = signal;
  }

  async *blocks(): AsyncGenerator<DataBlock, void, undefined> {
    for await (const block of this.#content.blocks()) {
      stopIfCancelled(this.#signal);
      yield block;
      await this.#digest.update(block.offset, block.bytes);
    }
  }

  /** Call once, when the blocks have been taken to their end. */
  finish(): Promise<ContentSummary> {
    return this.#digest.finish();
  }
}
