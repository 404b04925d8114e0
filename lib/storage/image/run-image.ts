import { copyContent } from '../files/copy-content.ts';
import { createSparseFile, linkFile, removeFile, renameFile, replaceFile } from '../files/files.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import { commit, isDirty, pruneRevisions, removeIncomplete } from './image.ts';
import type { Image } from './image.ts';

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
  if (await isDirty(image)) {
    if (snapshotsDisabled(facts)) await renameFile(files.dirty, files.clean);
    else await commit(image, files.dirty);
  } else if (!facts.saveOnStop) {
    await removeFile(files.dirty);
    await removeFile(files.clean);
  }
}

async function makeFile({ facts, files }: Image, origin: () => string): Promise<void> {
  if (facts.snapOnStart) {
    // By its second name it is seen later whether the source is still what this began from.
    await linkFile(origin(), files.clean);
  }
  if (facts.snapOnStart || facts.saveOnStop) {
    await replaceFile(files.dirty, (temporary) => copyContent(files.clean, temporary));
  } else {
    await createSparseFile(files.dirty, facts.size);
  }
}
