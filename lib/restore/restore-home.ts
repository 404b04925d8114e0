import { stat } from 'node:fs/promises';

import type { InnerEntry } from '../archive/inner/inner-entry.ts';
import { extractHome } from '../archive/recover/home-folder.ts';
import type { Part } from '../archive/recover/part.ts';
import type { TakenContent } from '../archive/recover/part-sink.ts';
import { diskError } from '../base/disk-error.ts';
import { QubesRpcError } from '../base/errors.ts';
import { openFolder } from '../base/folder.ts';
import { partialName } from '../base/partial-name.ts';

/** The folder of a home that is restored at a time: `home-restore-2026-11-22-093000`, local time. */
export function homeFolderName(when: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join('-');
  const time = [when.getHours(), when.getMinutes(), when.getSeconds()].map(two).join('');
  return `home-restore-${day}-${time}`;
}

/**
 * Restores dom0's home into a new folder `name` of `home`. It belongs to whom `home` belongs to.
 * @throws DamagedError; NeedsError, which ends this part only
 */
export async function restoreHome(
  part: Part,
  entries: AsyncIterable<InnerEntry>,
  { folder: home, name, signal }: { folder: string; name: string; signal: AbortSignal },
): Promise<TakenContent> {
  try {
    const owner = await ownerOf(home);
    const folder = await openFolder(home);
    try {
      const taken = await extractHome(entries, part.file, folder, name, {
        signal,
        beforeNaming: async () => {
          if (process.getuid?.() !== 0 || owner.uid === 0) return;
          await folder.giveTree(partialName(name), owner.uid, owner.gid);
        },
      });
      return { ...taken, path: name };
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw error instanceof QubesRpcError && error.code === 'needs'
      ? error.locate({ isLocal: true })
      : error;
  }
}

async function ownerOf(home: string): Promise<{ readonly uid: number; readonly gid: number }> {
  try {
    return await stat(home);
  } catch (error) {
    throw diskError(error, 'use the folder', home);
  }
}
