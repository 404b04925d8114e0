import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readBootId } from '../../base/boot-id.ts';
import { diskError } from '../../base/disk-error.ts';

const FOLDER_MODE = 0o750;

/**
 * Whether a system was not opened yet since this machine was started; from now on it was.
 * @param root folder of the system
 * @throws NeedsError when that cannot be noted
 */
export async function isFirstSinceBoot(root: string, bootId = readBootId()): Promise<boolean> {
  const folder = join(root, 'run');
  const path = join(folder, 'boot-id');
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if ((await readFile(path, 'utf8').catch(() => '')) === bootId) return false;
    await writeFile(path, bootId);
    return true;
  } catch (error) {
    throw diskError(error, 'note the start of the machine in', path);
  }
}
