import { randomBytes } from 'node:crypto';
import { constants, statSync } from 'node:fs';
import { link, lstat, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';

import { systemErrorCode } from '../../base/errors.ts';
import { makePath } from '../../base/make-path.ts';

const IMAGE_MODE = 0o600;

/** What an unfinished file has behind its name, also where the reference made it. */
const UNFINISHED = /^(\.\d+@[\dT:-]+Z)?~/;

/*
 * Files of volumes, changed so that a crash leaves the old or the new. All of it fails with the
 * system's error.
 */

/**
 * Makes a file, in place of the one that has its name, by another name first.
 * @param fill is given the path of a new empty file
 */
export async function replaceFile(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await makePath(dirname(path));
  const temporary = `${path}~${randomBytes(4).toString('hex')}`;
  try {
    await (await open(temporary, 'wx', IMAGE_MODE)).close();
    await fill(temporary);
    await syncFile(temporary);
    await renameFile(temporary, path);
  } catch (error) {
    await removeFile(temporary);
    throw error;
  }
}

/** Whether a name is that of an unfinished file in the place of `path`, or of a revision of it. */
export function isUnfinished(path: string, name: string): boolean {
  const base = basename(path);
  return name.startsWith(base) && UNFINISHED.test(name.slice(base.length));
}

/** Makes a file of a size that has no data yet, and so takes no space. */
export async function createSparseFile(path: string, size: number): Promise<void> {
  await replaceFile(path, (temporary) => truncateFile(temporary, size));
}

/** Changes the size of a file in place. */
export async function truncateFile(path: string, size: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function renameFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Gives a file a second name, which is free or given up by another. */
export async function linkFile(existing: string, path: string): Promise<void> {
  await makePath(dirname(path));
  await removeFile(path);
  await link(existing, path);
  await syncFolder(dirname(path));
}

/** It is no error if there is none. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Removes a folder if nothing is in it. */
export async function removeEmptyFolder(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(code)) throw error;
  }
}

/**
 * Done at once: what is known of a file is in memory most often, and handing the question to a
 * thread takes ten times as long; a request for a disposable asks it of seven.
 * @returns undefined when there is no such file
 */
export function statFile(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Returns when what is in a file is on disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(IMAGE_MODE);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isGone(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
