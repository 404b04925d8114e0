import type { AdminClient } from '../admin/client.ts';
import { RESTORING } from '../base/restore-tags.ts';
import { type AllNotes, type QubeNotes, RestoreJournal } from './restore-journal.ts';

/**
 * What a run that broke off has left of a backup in this system.
 * @param state folder of the journals
 * @param identity of the backup
 * @returns names in the backup, to names here: only of qubes that are still as that run left them
 * @throws what a call of the Admin API throws
 */
export async function readUnfinished(
  state: string,
  identity: string,
  client: AdminClient,
): Promise<ReadonlyMap<string, string>> {
  const left = await stillThere(await RestoreJournal.read(state, identity), client);
  return new Map([...left].map(([name, { newName }]) => [name, newName]));
}

/** Of what was noted, the qubes that are still there and the same. */
export async function stillThere(notes: AllNotes, client: AdminClient): Promise<AllNotes> {
  if (notes.size === 0) return notes;
  const facts = new Map((await client.list()).map((qube) => [qube.name, qube]));
  const left = new Map<string, QubeNotes>();
  for (const [name, qubeNotes] of notes) {
    const { newName, uuid, progress } = qubeNotes;
    const there = facts.get(newName);
    if (there === undefined) continue;
    if (uuid !== undefined && there.uuid !== undefined && there.uuid !== uuid) continue;
    // One that is complete may have lost the tag; any other without it is somebody else's.
    const isOurs = progress === 'complete' || progress === 'done';
    if (isOurs || (await client.qube(newName).tags.has(RESTORING))) left.set(name, qubeNotes);
  }
  return left;
}
