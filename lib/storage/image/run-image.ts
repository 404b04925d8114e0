import { stat, utimes } from 'node:fs/promises';

import { copyContent } from '../files/copy-content.ts';
import {
  createSparseFile,
  linkFile,
  removeFile,
  renameFile,
  replaceFile,
  statFile,
} from '../files/files.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import { commit, isDirty, pruneRevisions, removeIncomplete, removeUnfinished } from './image.ts';
import type { Image } from './image.ts';

/** File systems keep times less finely than the program reads them. */
const SAME_MS = 0.01;

/**
 * Makes the file that a qube gets. What a run left that was not ended is gone on with where it is to
 * be saved, else begun anew.
 * @param origin path of what a snapshot begins from
 */
export async function startImage(image: Image, origin: () => string): Promise<void> {
  const { facts, files } = image;
  await removeIncomplete(image);
  const goesOn = await isDirty(image);
  if (snapshotsDisabled(facts)) {
    await pruneRevisions(image, 0);
    if (!goesOn) await renameFile(files.clean, files.dirty);
  } else if (!goesOn) {
    await makeFile(image, origin);
  }
}

/** Saves what the qube did where that is to be, else drops it. */
export async function stopImage(image: Image): Promise<void> {
  const { facts, files } = image;
  // Of a start that a kill of this process broke off.
  await removeUnfinished(image);
  if (await isDirty(image)) {
    if (snapshotsDisabled(facts)) await renameFile(files.dirty, files.clean);
    else await commit(image, files.dirty);
  } else if (!facts.saveOnStop) {
    await removeFile(files.dirty);
    await removeFile(files.clean);
  }
}

/** Drops what `startImage` made, unless somebody has written to it. */
export async function cancelImage(image: Image): Promise<void> {
  const { facts, files } = image;
  const isCopy = facts.saveOnStop && !snapshotsDisabled(facts);
  if (!isCopy) await stopImage(image);
  else if (await isUnwritten(image)) await removeFile(files.dirty);
}

async function isUnwritten({ files }: Image): Promise<boolean> {
  const clean = statFile(files.clean);
  const dirty = statFile(files.dirty);
  if (clean === undefined || dirty === undefined) return false;
  return clean.size === dirty.size && Math.abs(clean.mtimeMs - dirty.mtimeMs) < SAME_MS;
}

async function makeFile({ facts, files }: Image, origin: () => string): Promise<void> {
  if (facts.snapOnStart) {
    // By its second name it is seen later whether the source is still what this began from.
    await linkFile(origin(), files.clean);
  }
  if (facts.snapOnStart || facts.saveOnStop) {
    await replaceFile(files.dirty, async (temporary) => {
      await copyContent(files.clean, temporary);
      // Until the first write it is as old as what it is a copy of.
      const { atimeMs, mtimeMs } = await stat(files.clean);
      await utimes(temporary, atimeMs / 1000, mtimeMs / 1000);
    });
  } else {
    await createSparseFile(files.dirty, facts.size);
  }
}
