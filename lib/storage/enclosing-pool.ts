import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';

import type { Pool } from './storage.ts';

/** The first of some pools whose folder the folder of a pool is in, or is. */
export async function enclosingPool(
  pool: Pool,
  others: readonly Pool[],
): Promise<Pool | undefined> {
  const folder = await folderOf(pool);
  if (folder === undefined) return undefined;
  for (const other of others) {
    const around = await folderOf(other);
    if (around !== undefined && isWithin(folder, around)) return other;
  }
  return undefined;
}

/** Undefined for a pool that is not in a folder. */
async function folderOf({ place }: Pool): Promise<string | undefined> {
  if (place === undefined || !isAbsolute(place)) return undefined;
  return realpath(place).catch(() => place);
}

function isWithin(folder: string, around: string): boolean {
  const [first] = relative(around, folder).split('/');
  return first !== '..';
}
