import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { type Folder, openFolder } from '../../base/folder.ts';
import { lockFile } from '../../base/lock-file.ts';
import { makePath } from '../../base/make-path.ts';
import { writeFileIn } from '../../base/write-file.ts';
import { applyEntries, requireOurs } from './apply-entries.ts';
import { type Choice, isNoChoice, NO_CHOICE } from './choice.ts';
import { entriesOf } from './entries.ts';
import { type InstalledService, installedServices } from './installed-services.ts';
import type { Machine } from './machine.ts';
import { choiceIn, TMPFILES, tmpfilesText } from './tmpfiles.ts';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Makes of a choice another one. */
export type Change = (choice: Choice, installed: readonly InstalledService[]) => Choice;

/** What is chosen on a machine. */
export async function readChoice(machine: Machine): Promise<Choice> {
  const folder = await openFolder(machine.at(machine.tmpfiles)).catch(() => undefined);
  if (folder === undefined) return NO_CHOICE;
  try {
    return await choiceOf(folder);
  } finally {
    await folder.close();
  }
}

/**
 * Changes what is taken over, now and for the next start of the machine; one change at a time. Done
 * again it changes nothing, and makes good what was lost.
 * @throws UsageError by the change
 * @throws NeedsError when nothing is installed, somebody else is in the way, or the disk refuses
 */
export async function takeOver(machine: Machine, change: Change): Promise<void> {
  const installed = await installedServices(machine);
  await locked(machine, async () => {
    const folder = await openFolder(machine.at(machine.tmpfiles));
    try {
      const choice = change(await choiceOf(folder), installed);
      const entries = entriesOf(machine, installed, choice);
      await requireOurs(machine, entries);
      // Written down first: what is cut short is found again.
      if (isNoChoice(choice)) await folder.remove(TMPFILES);
      else {
        const text = Buffer.from(tmpfilesText(choice, entries));
        await writeFileIn(folder, TMPFILES, text, FILE_MODE);
      }
      await applyEntries(machine, entries);
    } finally {
      await folder.close();
    }
  });
}

async function choiceOf(folder: Folder): Promise<Choice> {
  if (!(await folder.has(TMPFILES))) return NO_CHOICE;
  const file = await folder.openFile(TMPFILES, constants.O_RDONLY);
  try {
    return choiceIn(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

async function locked(machine: Machine, work: () => Promise<void>): Promise<void> {
  const lock = await openLocked(machine.at(machine.tmpfiles));
  try {
    await work();
  } finally {
    await lock.close();
  }
}

/** Made if it is not there: what is chosen will be in it. */
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
