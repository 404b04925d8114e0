import type { AdminClient } from '../admin/client.ts';
import { expandHoles } from '../archive/inner/expand-holes.ts';
import type { SparseContent } from '../archive/inner/inner-entry.ts';

/** A volume of a qube that is to get content. */
export interface ImportTarget {
  readonly qube: string;
  readonly volume: string;
}

/**
 * Replaces the content of a volume, which gets its size as well. When it resolves the content is on
 * disk; when it throws, the volume may have any content.
 * @throws AdminError of the daemon, NeedsError, and what the content throws
 */
export type ImportContent = (target: ImportTarget, content: SparseContent) => Promise<void>;

/** Imports by `admin.vm.volume.ImportWithSize`, which any daemon serves and which is sent all zeros. */
export function streamedImport(client: AdminClient): ImportContent {
  return async ({ qube, volume }, content) => {
    await client.qube(qube).volumes.import(volume, expandHoles(content), content.size);
  };
}
