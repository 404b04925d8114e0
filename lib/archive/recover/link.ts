import type { Folder } from '../../base/folder.ts';
import { partialName } from '../../base/partial-name.ts';
import { treeDigest } from './home-tree.ts';
import type { TakenContent } from './part-sink.ts';

/** What Linux takes as the target of a symlink; where it points does not matter to us. */
export function isLinkTarget(untrustedTarget: string): boolean {
  return /^[^\0]{1,4095}$/s.test(untrustedTarget);
}

/** What a report says of a symlink: it has no bytes, its digest is that of a tree of one link. */
export function takenLink(untrustedTarget: string): TakenContent {
  const sha256 = treeDigest({ type: 'symlink', untrustedTarget });
  return { bytes: 0, dataBytes: 0, sha256 };
}

/**
 * Makes a symlink that is a part of its own.
 * @param beforeNaming called just before it gets its name
 * @throws NeedsError when the system refuses
 */
export async function writeLink(
  folder: Folder,
  name: string,
  untrustedTarget: string,
  beforeNaming: () => Promise<void>,
): Promise<void> {
  const partial = partialName(name);
  await folder.remove(partial);
  await folder.symlink(untrustedTarget, partial);
  await beforeNaming();
  await folder.rename(partial, name);
  await folder.sync();
}
