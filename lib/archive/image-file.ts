import { stopIfCancelled } from '../base/cancelled.ts';
import { FileWriter } from '../base/file-writer.ts';
import type { Folder } from '../base/folder.ts';
import { ContentDigest, type ContentSummary } from './content-digest.ts';
import type { SparseContent } from './inner-entry.ts';

export interface ContentOptions {
  /** Digest the expanded content even of files above the limit of {@link ContentDigest}. */
  readonly alwaysDigest?: boolean;
  /** Ends the work between two blocks; a source that can stall must watch it as well. */
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends ContentOptions {
  /** Called when everything is on disk, just before it gets its name. */
  readonly beforeNaming?: (summary: ContentSummary) => Promise<void>;
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

/** The name an image has until it is complete: `.NAME.partial`. A later run removes it. */
export function partialName(name: string): string {
  return `.${name}.partial`;
}

/**
 * Writes an image with its holes. It gets its name only when it is whole and on disk, replacing
 * what had the name before; after any failure nothing of it is left.
 * @throws NeedsError when the disk is full or refuses, CancelledError when `signal` is aborted, and
 *   what `content` throws
 */
export async function writeImage(
  folder: Folder,
  name: string,
  content: SparseContent,
  options: WriteOptions = {},
): Promise<ContentSummary> {
  const partial = partialName(name);
  await folder.remove(partial);
  const handle = await folder.createFile(partial);
  const writer = new FileWriter(handle, `${folder.path}/${name}`);
  try {
    const summary = await takeContent(content, options, writer);
    await writer.finish(content.size);
    await writer.sync();
    await writer.close();
    stopIfCancelled(options.signal);
    await options.beforeNaming?.(summary);
    await folder.rename(partial, name);
    await folder.sync();
    return summary;
  } catch (error) {
    await writer.close();
    // The first failure is the one to tell; what it leaves, the next run removes.
    await folder.remove(partial).catch(() => undefined);
    throw error;
  }
}
