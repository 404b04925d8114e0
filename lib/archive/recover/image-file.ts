import { stopIfCancelled } from '../../base/cancelled.ts';
import { FileWriter } from '../../base/file-writer.ts';
import type { Folder } from '../../base/folder.ts';
import { partialName } from '../../base/partial-name.ts';
import type { ContentSummary } from '../inner/content-digest.ts';
import type { SparseContent } from '../inner/inner-entry.ts';
import { takeContent, type ContentOptions } from '../inner/take-content.ts';

export interface WriteOptions extends ContentOptions {
  /** Called when everything is on disk, just before it gets its name. */
  readonly beforeNaming?: (summary: ContentSummary) => Promise<void>;
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
