import { execa } from 'execa';
import { NeedsError } from './errors.ts';

/**
 * Returns when everything written so far to the file system that holds `path` is on disk. For many
 * small files: one call instead of an fsync each. Node has no syncfs, coreutils' `sync` does it.
 * @throws NeedsError when the program is missing or the disk fails
 */
export async function syncFileSystem(path: string): Promise<void> {
  await sync(['--file-system', path], 'extracted');
}

/**
 * Returns when everything written so far, to whichever disk, is there.
 * @throws NeedsError when the program is missing or a disk fails
 */
export async function syncAll(): Promise<void> {
  await sync([], 'written');
}

async function sync(args: readonly string[], what: string): Promise<void> {
  try {
    await execa('sync', args, { stdin: 'ignore' });
  } catch (error) {
    throw new NeedsError(
      `Cannot make sure that what was ${what} is on disk: the program sync failed or is missing`,
      { stage: 'write', hint: 'It belongs to GNU coreutils.' },
      { cause: error },
    );
  }
}
