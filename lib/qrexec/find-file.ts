import { lstat, readlink, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';

import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { CallError, PROBLEM } from './call-error.ts';
import { fullName } from './names.ts';

/** Of a file name: a longer one is that of no file. */
const MAX_NAME = 255;

/** What a call is about. */
export interface Called {
  readonly service: string;
  /** Empty for none. */
  readonly argument: string;
}

/** A file that was found. */
export interface Found {
  readonly path: string;
  readonly stats: Stats;
  /** For a link into `/dev/tcp`, which need not be there: what it says. */
  readonly tcp: string | undefined;
}

/**
 * Finds the file of a service as qrexec does: `SERVICE+ARGUMENT` in all folders, the first one first,
 * and then `SERVICE`. A link that leads nowhere is not there.
 * @returns undefined when there is none
 * @throws CallError when that cannot be told
 */
export async function findFile(
  folders: readonly string[],
  called: Called,
): Promise<Found | undefined> {
  for (const name of [fullName(called), called.service]) {
    if (name.length > MAX_NAME) continue;
    for (const folder of folders) {
      const found = await look(join(folder, name));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function look(path: string): Promise<Found | undefined> {
  try {
    const own = await lstat(path);
    const target = own.isSymbolicLink() ? await readlink(path) : '';
    if (/^\/dev\/tcp(\/|$)/.test(target)) return { path, stats: own, tcp: target };
    return { path, stats: await stat(path), tcp: undefined };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw new CallError(PROBLEM, `Cannot look for ${path}: ${reasonOf(error)}`, {}, error);
  }
}
