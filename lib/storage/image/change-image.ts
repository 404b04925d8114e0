import { StoragePoolException } from '../../base/admin-error.ts';
import { copyContent } from '../files/copy-content.ts';
import { fileExists, replaceFile, statFile, truncateFile } from '../files/files.ts';
import { updateLoopDevices } from '../files/loop-devices.ts';
import { noRevision, readOnly } from '../volume-errors.ts';
import { goBack, isDirty, isOwn } from './image.ts';
import type { Image } from './image.ts';

/** Changes the size of what the qube has while it runs, else of what is saved. */
export async function resizeImage({ facts, files }: Image, bytes: number): Promise<void> {
  if (!facts.rw) throw readOnly(facts.vid);
  if (await fileExists(files.dirty)) {
    await truncateFile(files.dirty, bytes);
    await updateLoopDevices(files.dirty);
  } else if (isOwn(facts)) {
    await resizeSaved(files.clean, bytes);
  }
}

/** @param revision the newest by default */
export async function revertImage(image: Image, revision: string | undefined): Promise<void> {
  const { facts, files } = image;
  if (await isDirty(image)) {
    throw new StoragePoolException(`Cannot revert: ${facts.vid} is not cleanly stopped`);
  }
  const kept = await files.revisions.list();
  const wanted = revision === undefined ? kept.at(-1) : kept.find(({ id }) => id === revision);
  if (wanted === undefined) throw noRevision(facts.vid, revision);
  await goBack(image, wanted.path);
}

/**
 * A file that running snapshots began from keeps its size, and so does one that becomes smaller, for
 * somebody may be reading it: another takes its name.
 */
async function resizeSaved(path: string, bytes: number): Promise<void> {
  const { nlink = 0, size = 0 } = statFile(path) ?? {};
  if (nlink === 1 && bytes >= size) return truncateFile(path, bytes);
  return replaceFile(path, async (temporary) => {
    await copyContent(path, temporary);
    await truncateFile(temporary, bytes);
  });
}
