import { realpath } from 'node:fs/promises';

import { diskError } from './disk-error.ts';
import { type Folder, openFolder } from './folder.ts';
import { makePath } from './make-path.ts';

/**
 * Opens a folder, whatever links lead to it; it is made, with those above it, if it is not there.
 * @param mode of those that are made, as far as the umask leaves it
 * @throws NeedsError when the disk refuses
 */
export async function makeFolder(path: string, mode = 0o777): Promise<Folder> {
  try {
    await makePath(path, mode);
    return await openFolder(await realpath(path));
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
}
