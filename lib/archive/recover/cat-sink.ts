import { setImmediate as nextTurn } from 'node:timers/promises';
import { CancelledError, UsageError } from '../../base/errors.ts';
import { ZEROS } from '../../base/zeros.ts';
import type { SparseContent } from '../inner/inner-entry.ts';
import type { Part } from './part.ts';
import type { PartSink, TakenContent } from './part-sink.ts';

/** Hands a file on as a stream of bytes, its holes as zeros. */
export class CatSink implements PartSink {
  readonly #write: (bytes: Uint8Array) => Promise<boolean>;

  /** @param write resolves to false when nobody reads any more */
  constructor(write: (bytes: Uint8Array) => Promise<boolean>) {
    this.#write = write;
  }

  async takeFile(_part: Part, content: SparseContent): Promise<TakenContent> {
    let at = 0;
    let dataBytes = 0;
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (!(await this.#write(bytes))) throw new CancelledError('Nobody reads on');
    };
    const fill = async (end: number): Promise<void> => {
      while (at < end) {
        const zeros = ZEROS.subarray(0, end - at);
        at += zeros.length;
        await write(zeros);
        // A reader that is never slow would keep signals waiting for terabytes.
        await nextTurn();
      }
    };
    for await (const { offset, bytes } of content.blocks()) {
      await fill(offset);
      await write(bytes);
      at += bytes.length;
      dataBytes += bytes.length;
    }
    await fill(content.size);
    return { bytes: content.size, dataBytes };
  }

  async takeHome(): Promise<TakenContent> {
    throw new UsageError("Cannot write dom0's home to one stream: it is a folder; use extract");
  }

  async discard(): Promise<void> {
    // What was written is gone.
  }
}
