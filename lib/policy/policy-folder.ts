import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { systemErrorCode } from '../base/errors.ts';
import { pathBytes, pathText } from '../base/path-text.ts';

const SUFFIX = '.policy';
const VALID_NAME = /^[0-9a-z_.-]+$/;

/** What of a folder is policy. */
export interface FolderFiles {
  /** Names of its policy files, in the order in which they are read. */
  readonly names: readonly string[];
  /** Names that no policy file may have: with one of them the whole policy is unusable. */
  readonly invalid: readonly string[];
  /** What else lies there and is not read. */
  readonly ignored: readonly string[];
}

/**
 * Looks for the policy files in a folder: `*.policy`, in the order of the bytes of their names.
 * @throws the error of the system call
 */
export function listPolicyFolder(folder: string): FolderFiles {
  const found = readdirSync(folder, { encoding: 'buffer' })
    .map(pathText)
    .filter((name) => isFile(join(folder, name)))
    .sort();
  const isPolicy = (name: string): boolean => name.endsWith(SUFFIX) && !name.startsWith('.');
  const names = found.filter(isPolicy);
  return {
    names: names.filter((name) => VALID_NAME.test(name)),
    invalid: names.filter((name) => !VALID_NAME.test(name)),
    ignored: found.filter((name) => !isPolicy(name)),
  };
}

/** Whether there is a file, behind links too. */
export function isFile(path: string): boolean {
  return untrustedStat(path)?.isFile() === true;
}

/** Whether there is a folder, behind links too. */
export function isFolder(path: string): boolean {
  return untrustedStat(path)?.isDirectory() === true;
}

function untrustedStat(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(pathBytes(path), { throwIfNoEntry: false });
  } catch (error) {
    // A link that leads in a circle, or through a file.
    if (['ELOOP', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemErrorCode(error) ?? ''))
      return undefined;
    throw error;
  }
}
