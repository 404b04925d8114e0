import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { UsageError } from '../base/errors.ts';
import { resolveCommand, type BackupCommand } from './resolve-location.ts';

/** Where the bytes of a backup go: a new file in a folder, or a command that takes them. */
export type BackupTarget =
  { readonly kind: 'file'; readonly folder: string; readonly name: string } | BackupCommand;

/**
 * What a location means for a new backup: a new file in the folder of that name, if there is one,
 * else the command it is, else, when it has a slash and its folder exists, the new file of that path.
 * Relative paths begin in the current folder, the home of the qube.
 * @param now when the backup is made: a file in a folder is called by it
 * @throws UsageError when it is none of them
 */
export async function resolveTarget(location: string, now: Date): Promise<BackupTarget> {
  if (await isFolder(location)) {
    return { kind: 'file', folder: location, name: `qubes-backup-${timeText(now)}` };
  }
  try {
    return await resolveCommand(location, 'folder or command');
  } catch (error) {
    // Without a slash it is rather a misspelt command, with one at its end a folder that is not there.
    const isPath = location.includes('/') && !location.endsWith('/');
    if (!isPath || !(error instanceof UsageError)) throw error;
    const folder = dirname(location);
    if (!(await isFolder(folder))) throw error;
    return { kind: 'file', folder, name: basename(location) };
  }
}

/** Local time as the stock service has it in names: `2026-11-21T230018`. */
function timeText(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
