import { readOnly } from '../volume-errors.ts';
import type { VolumeFacts } from '../volume-facts.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import type { Lvm } from './lvm.ts';
import type { ThinNames } from './thin-names.ts';

/** A volume as its logical volumes and what it is for. */
export interface Thin {
  readonly facts: VolumeFacts;
  readonly names: ThinNames;
  /** The thin pool it is in, `GROUP/POOL`. */
  readonly place: string;
}

/** Whether it has data of a run that are to be saved. */
export async function isDirty(lvm: Lvm, { facts, names }: Thin): Promise<boolean> {
  return facts.saveOnStop && (await lvm.list()).has(names.snapshot);
}

/** Removes a logical volume if it is there. */
export async function removeIfThere(lvm: Lvm, volume: string): Promise<void> {
  if ((await lvm.list()).has(volume)) await lvm.remove(volume);
}

/** @param keep how many; none for -1 */
export async function pruneRevisions(lvm: Lvm, { names }: Thin, keep: number): Promise<void> {
  const found = names.revisions(await lvm.list());
  for (const { id } of found.slice(0, Math.max(found.length - Math.max(keep, 0), 0))) {
    await lvm.remove(names.revision(id));
  }
}

/** Lets a logical volume become what is saved; what was saved before becomes a revision. */
export async function commit(lvm: Lvm, thin: Thin, volume: string): Promise<void> {
  const { facts, names } = thin;
  const volumes = await lvm.list();
  if (volumes.has(names.vid)) {
    const now = Math.floor(Date.now() / 1000);
    await lvm.rename(names.vid, names.nextRevision(volumes, now));
  }
  await lvm.rename(volume, names.vid);
  await pruneRevisions(lvm, thin, facts.revisionsToKeep);
}

/**
 * Makes what a qube gets. A run that was not ended is gone on with where it is to be saved.
 * @param origin names what a snapshot begins from
 */
export async function startThin(
  lvm: Lvm,
  thin: Thin,
  origin: () => Promise<string>,
): Promise<void> {
  const { facts, names, place } = thin;
  if (snapshotsDisabled(facts)) return pruneRevisions(lvm, thin, 0);
  if (await isDirty(lvm, thin)) {
    const isActive = (await lvm.list()).get(names.snapshot)?.isActive;
    return isActive === true ? undefined : lvm.activate(names.snapshot);
  }
  if (!facts.snapOnStart && !facts.saveOnStop) {
    await removeIfThere(lvm, names.vid);
    return lvm.create(place, names.vid, facts.size);
  }
  await removeIfThere(lvm, names.snapshot);
  await lvm.clone(await origin(), names.snapshot);
  lvm.unused.add(names.snapshot);
}

/** Saves what the qube did where that is to be, else drops it. */
export async function stopThin(lvm: Lvm, thin: Thin): Promise<void> {
  const { facts, names } = thin;
  lvm.unused.delete(names.snapshot);
  if (await isDirty(lvm, thin)) return commit(lvm, thin, names.snapshot);
  if (!facts.saveOnStop) {
    await removeIfThere(lvm, facts.snapOnStart ? names.snapshot : names.vid);
  }
}

/** Drops what `startThin` made; what an earlier run has left stays. */
export async function cancelThin(lvm: Lvm, thin: Thin): Promise<void> {
  const { facts, names } = thin;
  if (!facts.saveOnStop) return stopThin(lvm, thin);
  if (lvm.unused.delete(names.snapshot)) await removeIfThere(lvm, names.snapshot);
}

/** Changes the size of what the qube has while it runs, else of an import, else of what is saved. */
export async function resizeThin(lvm: Lvm, thin: Thin, bytes: number): Promise<void> {
  const { facts, names } = thin;
  if (!facts.rw) throw readOnly(facts.vid);
  const volumes = await lvm.list();
  const places = [names.snapshot, names.import, names.saved(volumes)];
  const present = places.find((one) => volumes.has(one));
  if (present !== undefined && volumes.get(present)?.size !== bytes) {
    await lvm.resize(present, bytes);
  }
}
