import { copyContent } from '../files/copy-content.ts';
import { createSparseFile, fileExists, removeFile, replaceFile } from '../files/files.ts';
import type { Volume } from '../storage.ts';
import { noImport, notImportable, notSaved } from '../volume-errors.ts';
import { commit, isDirty } from './image.ts';
import type { Image } from './image.ts';

/** @returns path of an empty file of that size */
export async function beginImport(image: Image, bytes: number): Promise<string> {
  await requireImportable(image);
  await createSparseFile(image.files.import, bytes);
  return image.files.import;
}

export async function endImport(image: Image, success: boolean): Promise<void> {
  const { facts, files } = image;
  if (!(await fileExists(files.import))) throw noImport(facts.vid);
  if (success) await commit(image, files.import);
  else await removeFile(files.import);
}

/** Takes over what is saved of another volume, whatever its driver. */
export async function importFrom(image: Image, from: Volume): Promise<void> {
  const { facts, files } = image;
  if (!facts.saveOnStop) return;
  await requireImportable(image);
  const path = await from.export();
  try {
    await replaceFile(files.import, (temporary) => copyContent(path, temporary));
    await commit(image, files.import);
  } finally {
    await removeFile(files.import);
    await from.exportEnd(path);
  }
}

async function requireImportable(image: Image): Promise<void> {
  const { saveOnStop, vid } = image.facts;
  if (!saveOnStop) throw notSaved('import data', vid);
  if (await isDirty(image)) throw notImportable(vid);
}
