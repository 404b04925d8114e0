import { diskError } from './disk-error.ts';
import { NeedsError } from './errors.ts';
import type { Folder } from './folder.ts';

/**
 * Writes a small file so that it is there completely or not at all, replacing what had its name.
 * @param mode of the file, as far as the umask leaves it
 * @throws NeedsError when the disk is full or refuses
 */
export async function writeFileIn(
  folder: Folder,
  name: string,
  bytes: Uint8Array,
  mode = 0o600,
): Promise<void> {
  const partial = partialOf(name);
  await folder.remove(partial);
  const file = await folder.createFile(partial, mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await folder.rename(partial, name);
  } catch (error) {
    await folder.remove(partial).catch(() => undefined);
    const cause = error instanceof NeedsError ? (error.cause ?? error) : error;
    throw diskError(cause, 'write', `${folder.path}/${name}`);
  } finally {
    await file.close();
  }
  await folder.sync();
}

/**
 * Removes a file that `writeFileIn` has written, and what a write that was cut short has left.
 * @throws NeedsError when the disk refuses
 */
export async function removeFileIn(folder: Folder, name: string): Promise<void> {
  await folder.remove(name);
  await folder.remove(partialOf(name));
}

function partialOf(name: string): string {
  return `.${name}.partial`;
}
