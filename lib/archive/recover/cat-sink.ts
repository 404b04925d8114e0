import { setImmediate as nextTurn } from 'node:timers/promises';
import { CancelledError, DamagedError, UsageError } from '../../base/errors.ts';
import { ZEROS } from '../../base/zeros.ts';
import type { InnerEntry, SparseContent } from '../inner/inner-entry.ts';
import type { Part } from './part.ts';
import type { PartSink, TakenChild, TakenContent } from './part-sink.ts';

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

  /** Of a folder one can only ask for files: the one in it that is wanted. */
  async takeFolder(part: Part, entries: AsyncIterable<InnerEntry>): Promise<TakenContent> {
    const inside: TakenChild[] = [];
    for await (const entry of entries) {
      const { type, untrustedPath } = entry;
      const isFolderItself = type === 'directory' && untrustedPath.replace(/\/$/, '') === part.file;
      if (part.whole !== undefined && isFolderItself) continue;
      if (part.whole === undefined || inside.length > 0 || type !== 'file') throw notOneFile(part);
      const untrustedName = untrustedPath.slice(part.file.length + 1);
      inside.push({ untrustedName, ...(await this.takeFile(part, entry)) });
    }
    const [only] = inside;
    if (only === undefined) {
      throw new DamagedError('It should be in the backup and is not', { stage: 'order' });
    }
    return { bytes: only.bytes, dataBytes: only.dataBytes, inside };
  }

  async takeLink(part: Part): Promise<TakenContent> {
    throw notOneFile(part);
  }

  async discard(): Promise<void> {
    // What was written is gone.
  }
}

function notOneFile({ qube, part }: Part): UsageError {
  return new UsageError(
    `Cannot write ${qube}:${part} to one stream: it is a folder or link; use extract`,
  );
}
