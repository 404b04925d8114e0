import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Where a program is: an absolute path is taken as it is, a bare name is looked up in PATH.
 * @returns its absolute path, or undefined when there is no such executable
 */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  if (!isAbsolute(name) && name.includes('/')) return undefined;
  for (const path of candidates) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // not this one
    }
  }
  return undefined;
}
