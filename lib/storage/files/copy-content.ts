import { constants } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';

import { execa, ExecaError } from 'execa';

import { stopIfCancelled } from '../../base/cancelled.ts';
import { NeedsError, systemErrorCode } from '../../base/errors.ts';

const CLONE = constants.COPYFILE_FICLONE_FORCE;

/** What a file system says that cannot share blocks between these two files. */
const NO_CLONES = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'EINVAL',
  'ENOSYS',
  'ENOTTY',
  'EBADF',
]);

/**
 * Copies content into a file: its blocks are shared where the file system can do that, else they are
 * copied, and holes stay holes.
 * @param to an existing file
 * @param signal ends the copying when aborted
 * @throws NeedsError when the program `cp` is missing or fails; the system's error; CancelledError
 */
export async function copyContent(from: string, to: string, signal?: AbortSignal): Promise<void> {
  if (!(await cloneContent(from, to))) await copySparse(from, to, signal);
}

/** @returns false when the file system cannot; then `to` may be gone or empty */
export async function cloneContent(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, CLONE);
    return true;
  } catch (error) {
    if (NO_CLONES.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

async function copySparse(
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Node removes the file when it cannot clone; made by cp, it would have the source's permissions.
  await rm(to, { force: true });
  await (await open(to, 'wx', 0o600)).close();
  try {
    await execa(
      'cp',
      ['--sparse=always', '--reflink=never', '--no-target-directory', '--', from, to],
      {
        env: { LC_ALL: 'C' },
        stdin: 'ignore',
        ...(signal === undefined ? {} : { cancelSignal: signal }),
      },
    );
  } catch (error) {
    stopIfCancelled(signal);
    if (!(error instanceof ExecaError)) throw error;
    const reason = lastLine(error.stderr) || 'the program cp failed or is missing';
    throw fullness(error.stderr) ?? new NeedsError(reason, {}, { cause: error });
  }
}

/** A full disk as the system would say it. */
function fullness(stderr: string | undefined): Error | undefined {
  if (stderr === undefined || !/No space left on device|Disk quota exceeded/.test(stderr)) return;
  return Object.assign(new Error(stderr), { code: 'ENOSPC' });
}

function lastLine(text: string | undefined): string {
  return text?.trim().split('\n').at(-1) ?? '';
}
