import { chmod, lutimes, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { modeOf, type Entry } from './entry.ts';

const FOLDER_MODE = 0o755;

/**
 * Writes entries below a folder. What is there already is replaced.
 * @param epoch time of all of it, in seconds; undefined for now
 */
export async function stage(
  entries: readonly Entry[],
  folder: string,
  epoch?: number,
): Promise<void> {
  for (const { path, content } of entries) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    if (content.kind !== 'folder') await rm(target, { force: true });
    if (content.kind === 'link') await symlink(content.to, target);
    else if (content.kind === 'file') await writeFile(target, content.bytes);
    else await mkdir(target, { recursive: true });
    // Not by the modes above: those are subject to the umask.
    if (content.kind !== 'link') await chmod(target, modeOf(content));
  }
  if (epoch === undefined) return;
  // The innermost first: what is written into a folder changes its time.
  for (const { path } of entries.toReversed()) await lutimes(join(folder, path), epoch, epoch);
}
