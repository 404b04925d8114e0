import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { makePath } from '../../base/make-path.ts';
import type { Entry } from './entries.ts';
import type { Machine } from './machine.ts';
import { ourNames, ownerOf } from './whose.ts';

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * Refuses where somebody else has put something in the way.
 * @throws NeedsError that names it
 */
export async function requireOurs(machine: Machine, entries: readonly Entry[]): Promise<void> {
  for (const { folder, name } of entries) {
    if ((await ownerOf(machine, folder, name)) !== 'another') continue;
    throw new NeedsError(`Cannot take over ${name}: ${join(folder, name)} is not ours`, {
      hint: 'Remove it if nobody needs it.',
    });
  }
}

/**
 * Makes what is to be there, each at once, and removes what else is ours, also what an earlier change
 * that was cut short has left.
 * @throws NeedsError when the disk refuses
 */
export async function applyEntries(machine: Machine, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) await make(machine, entry);
  for (const folder of [machine.entries, machine.configs]) {
    const kept = entries.filter((entry) => entry.folder === folder).map(({ name }) => name);
    for (const name of await ourNames(machine, folder)) {
      if (!kept.includes(name)) await remove(machine.at(folder, name));
    }
  }
}

async function make(machine: Machine, entry: Entry): Promise<void> {
  const folder = machine.at(entry.folder);
  const path = join(folder, entry.name);
  const partial = join(folder, `.${entry.name}.partial`);
  try {
    await makePath(folder, FOLDER_MODE);
    await rm(partial, { force: true });
    if ('link' in entry) await symlink(entry.link, partial);
    else await writeFile(partial, entry.text, { mode: FILE_MODE, flag: 'wx' });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw diskError(error, 'make', path);
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw diskError(error, 'remove', path);
  }
}
