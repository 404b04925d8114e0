import { readdir, readFile, readlink } from 'node:fs/promises';

import { diskError } from '../../base/disk-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import type { Machine } from './machine.ts';

/** By this we know our files again. */
export const OUR_MARK = '# Made by qubes-rpc services.';

/**
 * The names in a folder; none where that is not there.
 * @throws NeedsError when the disk refuses
 */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw diskError(error, 'read the folder', folder);
  }
}

/**
 * What is ours in a folder that qrexec searches first.
 * @throws NeedsError when the disk refuses
 */
export async function ourNames(machine: Machine, folder: string): Promise<readonly string[]> {
  const names = await namesIn(machine.at(folder));
  const owners = await Promise.all(names.map((name) => ownerOf(machine, folder, name)));
  return names.filter((_, at) => owners[at] === 'us');
}

/** Whose something is in one of these folders, if there is anything. */
export async function ownerOf(
  machine: Machine,
  folder: string,
  name: string,
): Promise<'us' | 'another' | 'nobody'> {
  const path = machine.at(folder, name);
  try {
    return machine.isOurs(folder, await readlink(path)) ? 'us' : 'another';
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 'nobody';
    const text = await readFile(path, 'utf8').catch(() => '');
    return text.startsWith(OUR_MARK) ? 'us' : 'another';
  }
}
