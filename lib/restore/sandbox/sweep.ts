import type { AdminClient } from '../../admin/client.ts';
import { AdminError } from '../../base/admin-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { RESTORED, restoredTag, RESTORING } from '../../base/restore-tags.ts';
import { removeDisposable } from './disposable.ts';
import { CREATED_TAG, DISPOSABLE, SANDBOX_TAG, STORAGE_TAG } from './names.ts';
import { taggedQubes, unlessGone, untag, type TaggedQube } from './tagged-qubes.ts';

/** Tells the person what is being done, in one line. */
export type Tell = (line: string) => void;

/**
 * Takes away what a restore in a disposable that was broken off has left: the disposable, the tags
 * that give rights, and the qubes it had not completed, which nobody can go on with.
 * @throws NeedsError when qubes are half restored by another way: the disposable would get rights
 * over them, and without their tag they could be started
 */
export async function clearOldRestore(client: AdminClient, tell: Tell): Promise<void> {
  await removeDisposable(client);
  await settleRestored(client, 'remove', tell);
  const others = (await taggedQubes(client)).filter(({ tags }) => tags.has(RESTORING));
  if (others.length === 0) return;
  throw new NeedsError(`Another restore has not ended: of ${names(others)}`, {
    hint: 'Go on with that one first, or remove the qubes it has left.',
  });
}

/**
 * Takes the tags of a restore in a disposable away again. Restored qubes keep a tag that says so.
 * @param incomplete what becomes of qubes without that tag: they get it, or are removed; one that
 * cannot be removed stays marked as being restored and does not start
 */
export async function settleRestored(
  client: AdminClient,
  incomplete: 'complete' | 'remove',
  tell: Tell,
): Promise<void> {
  const qubes = await taggedQubes(client);
  for (const { name, tags } of qubes) {
    for (const tag of [STORAGE_TAG, SANDBOX_TAG]) if (tags.has(tag)) await untag(client, name, tag);
  }
  const made = qubes.filter(({ name, tags }) => tags.has(CREATED_TAG) && name !== DISPOSABLE);
  const doomed = incomplete === 'remove' ? made.filter(isHalfRestored) : [];
  await removeAll(client, doomed, tell);
  for (const qube of made) if (!doomed.includes(qube)) await settle(client, qube);
}

/** Our program in the disposable gives the tag that a qube keeps when it is complete. */
function isHalfRestored(qube: TaggedQube): boolean {
  return qube.tags.has(RESTORING) && !isRestored(qube);
}

function isRestored({ tags }: TaggedQube): boolean {
  return [...tags].some((tag) => tag.startsWith(RESTORED));
}

async function settle(client: AdminClient, qube: TaggedQube): Promise<void> {
  const { name, tags } = qube;
  if (!isRestored(qube)) await unlessGone(client.qube(name).tags.add(restoredTag(new Date())));
  if (tags.has(RESTORING)) await untag(client, name, RESTORING);
  // Last: by it a qube that is not settled is found again.
  await untag(client, name, CREATED_TAG);
}

/** Removes qubes that may need each other, so again and again while one of them can be removed. */
async function removeAll(
  client: AdminClient,
  qubes: readonly TaggedQube[],
  tell: Tell,
): Promise<void> {
  let left = qubes;
  for (let before = left.length + 1; left.length < before;) {
    before = left.length;
    const kept: TaggedQube[] = [];
    for (const qube of left) {
      try {
        await unlessGone(client.qube(qube.name).remove());
        tell(`Removed ${qube.name}, which was left half restored`);
      } catch (error) {
        if (!(error instanceof AdminError)) throw error;
        kept.push(qube);
      }
    }
    left = kept;
  }
  if (left.length > 0) tell(`Left half restored, and cannot be started: ${names(left)}`);
}

function names(qubes: readonly TaggedQube[]): string {
  return qubes.map(({ name }) => name).join(', ');
}
