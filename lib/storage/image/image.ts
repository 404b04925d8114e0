import { dirname, join } from 'node:path';

import {
  fileExists,
  isUnfinished,
  linkFile,
  namesIn,
  removeFile,
  renameFile,
  statFile,
  syncFile,
} from '../files/files.ts';
import type { VolumeFacts } from '../volume-facts.ts';
import type { ImageLayout } from './image-layout.ts';

/** A volume as its files and what it is for. */
export interface Image {
  readonly facts: VolumeFacts;
  readonly files: ImageLayout;
}

/** Whether it has data of its own from its creation on. */
export function isOwn({ saveOnStop, snapOnStart }: VolumeFacts): boolean {
  return saveOnStop && !snapOnStart;
}

/** Whether it has data of a run that are to be saved. */
export async function isDirty({ facts, files }: Image): Promise<boolean> {
  return facts.saveOnStop && (await fileExists(files.dirty));
}

/** Lets a file become the saved content; what was saved before becomes a revision. */
export async function commit(image: Image, path: string): Promise<void> {
  await syncFile(path);
  await keepRevision(image);
  await replaceClean(image, path);
  await pruneRevisions(image, image.facts.revisionsToKeep);
}

/**
 * Gives what is saved a second name, that of a revision: content that is saved is never written to,
 * so that no copy is needed.
 */
async function keepRevision({ facts, files }: Image): Promise<string | undefined> {
  const clean = statFile(files.clean);
  if (facts.revisionsToKeep <= 0 || clean === undefined) return undefined;
  const path = await files.revisions.nextPath(Math.floor(clean.mtimeMs / 1000));
  await linkFile(files.clean, path);
  return path;
}

/** Lets a revision become the saved content, and what was saved a revision. */
export async function goBack(image: Image, revision: string): Promise<void> {
  const { files } = image;
  // By another name, as what was saved may take its place among the revisions.
  await linkFile(revision, files.import);
  const kept = await keepRevision(image);
  await replaceClean(image, files.import);
  if (kept !== revision) await removeFile(revision);
}

async function replaceClean({ files }: Image, path: string): Promise<void> {
  for (const stale of files.stale) await removeFile(stale);
  await renameFile(path, files.clean);
}

/** @param keep how many; none for -1 */
export async function pruneRevisions({ files }: Image, keep: number): Promise<void> {
  const found = await files.revisions.list();
  for (const { path } of found.slice(0, Math.max(found.length - Math.max(keep, 0), 0))) {
    await removeFile(path);
  }
}

/** Removes what was being made when something broke off. */
export async function removeIncomplete(image: Image): Promise<void> {
  const { files } = image;
  await removeUnfinished(image);
  for (const path of [files.import, ...files.stale]) await removeFile(path);
}

/** Removes files that have no name of their own yet; whoever made them is gone. */
export async function removeUnfinished({ files }: Image): Promise<void> {
  const folder = dirname(files.clean);
  const own = [files.clean, files.dirty, files.import];
  for (const name of await namesIn(folder)) {
    if (own.some((path) => isUnfinished(path, name))) await removeFile(join(folder, name));
  }
}

export async function removeAll(image: Image): Promise<void> {
  await removeIncomplete(image);
  await pruneRevisions(image, 0);
  await removeFile(image.files.clean);
  await removeFile(image.files.dirty);
  for (const path of image.files.leftovers) await removeFile(path);
}

/** The file that is its content now: of the run, else what is saved. */
export function presentFile({
  files,
}: Image): { readonly path: string; readonly size: number; readonly blocks: number } | undefined {
  for (const path of [files.dirty, files.clean]) {
    const stats = statFile(path);
    if (stats !== undefined) return { path, size: stats.size, blocks: stats.blocks };
  }
  return undefined;
}
