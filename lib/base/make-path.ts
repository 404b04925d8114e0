import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.ts';

/**
 * Makes a folder and those above it that are missing. (Node's own `recursive` tries for ever where a
 * file system says of an existing folder that it does not exist when something is made in it: /proc.)
 * @throws the system's error
 */
export async function makePath(path: string): Promise<void> {
  const made = await makeOne(path);
  if (made !== 'no parent') return;
  const parent = dirname(path);
  if (parent !== path) await makePath(parent);
  await mkdir(path);
}

async function makeOne(path: string): Promise<'there' | 'no parent'> {
  try {
    await mkdir(path);
    return 'there';
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return 'there';
    if (code === 'ENOENT') return 'no parent';
    throw error;
  }
}
