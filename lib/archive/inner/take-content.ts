import { stopIfCancelled } from '../../base/cancelled.ts';
import { ContentDigest, type ContentSummary } from './content-digest.ts';
import type { SparseContent } from './inner-entry.ts';

export interface ContentOptions {
  /** Digest the expanded content even of files above the limit of {@link ContentDigest}. */
  readonly alwaysDigest?: boolean;
  /** Ends the work between two blocks; a source that can stall must watch it as well. */
  readonly signal?: AbortSignal | undefined;
}

/** Where blocks go while they are digested. */
interface BlockSink {
  write(offset: number, bytes: Uint8Array): Promise<void>;
}

/** Takes all blocks of a file once: into its digest and, if there is one, into `sink`. */
export async function takeContent(
  content: SparseContent,
  options: ContentOptions = {},
  sink?: BlockSink,
): Promise<ContentSummary> {
  const { alwaysDigest = false, signal } = options;
  const digest = new ContentDigest(content.size, { always: alwaysDigest, signal });
  for await (const { offset, bytes } of content.blocks()) {
    stopIfCancelled(signal);
    await sink?.write(offset, bytes);
    await digest.update(offset, bytes);
  }
  return digest.finish();
}
