import { constants } from 'node:fs';

import { type Folder, openFolder } from '../../base/folder.ts';
import { removeFileIn, writeFileIn } from '../../base/write-file.ts';
import { applyEntries, requireOurs } from './apply-entries.ts';
import { type Choice, isNoChoice, NO_CHOICE } from './choice.ts';
import { entriesOf } from './entries.ts';
import { type InstalledService, installedServices } from './installed-services.ts';
import type { Machine } from './machine.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { choiceIn, TMPFILES, tmpfilesText } from './tmpfiles.ts';

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
 * @throws NeedsError when somebody else is in the way, or the disk refuses
 */
export async function takeOver(machine: Machine, change: Change): Promise<void> {
  const installed = await installedServices(machine);
  await oneAtATime(machine.at(machine.tmpfiles), async () => {
    const folder = await openFolder(machine.at(machine.tmpfiles));
    try {
      const choice = change(await choiceOf(folder), installed);
      const entries = entriesOf(machine, installed, choice);
      await requireOurs(machine, entries);
      // Written down first: what is cut short is found again.
      if (isNoChoice(choice)) await removeFileIn(folder, TMPFILES);
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
