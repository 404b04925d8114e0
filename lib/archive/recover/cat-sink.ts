import { CancelledError, DamagedError, UsageError } from '../../base/errors.ts';
import { expandHoles } from '../inner/expand-holes.ts';
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
    let dataBytes = 0;
    const counted: SparseContent = {
      size: content.size,
      async *blocks() {
        for await (const block of content.blocks()) {
          dataBytes += block.bytes.length;
          yield block;
        }
      },
    };
    for await (const bytes of expandHoles(counted)) {
      if (!(await this.#write(bytes))) throw new CancelledError('Nobody reads on');
    }
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
