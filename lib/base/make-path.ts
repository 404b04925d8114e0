import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.ts';

/**
 * Makes a folder and those above it that are missing. (Node's own `recursive` tries for ever where a
 * file system says of an existing folder that it does not exist when something is made in it: /proc.)
 * @param mode of those that are made, as far as the umask leaves it
 * @throws the system's error
 */
export async function makePath(path: string, mode = 0o777): Promise<void> {
  const made = await makeOne(path, mode);
  if (made !== 'no parent') return;
  const parent = dirname(path);
  if (parent !== path) await makePath(parent, mode);
  await mkdir(path, mode);
}

async function makeOne(path: string, mode: number): Promise<'there' | 'no parent'> {
  try {
    await mkdir(path, mode);
    return 'there';
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return 'there';
    if (code === 'ENOENT') return 'no parent';
    throw error;
  }
}
