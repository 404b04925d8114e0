import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { lockFile } from '../../base/lock-file.ts';
import { makePath } from '../../base/make-path.ts';

const FOLDER_MODE = 0o755;

/**
 * Does something that no other of our programs does at the same time.
 * @param folder where it is written down; made if it is not there
 * @throws NeedsError when another is doing so, or the disk refuses
 */
export async function oneAtATime<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await openLocked(folder);
  try {
    return await work();
  } finally {
    await lock.close();
  }
}

async function openLocked(path: string): Promise<FileHandle> {
  try {
    await makePath(path, FOLDER_MODE);
    const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    if (await lockFile(folder)) return folder;
    await folder.close();
  } catch (error) {
    throw diskError(error, 'open the folder', path);
  }
  throw new NeedsError('Cannot change what is taken over: another qubes-rpc is doing so', {
    hint: 'Try again when it is done.',
  });
}
