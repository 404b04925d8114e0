import { execa } from 'execa';
import { NeedsError } from './errors.ts';

/**
 * Returns when everything written so far to the file system that holds `path` is on disk. For many
 * small files: one call instead of an fsync each. Node has no syncfs, coreutils' `sync` does it.
 * @throws NeedsError when the program is missing or the disk fails
 */
export async function syncFileSystem(path: string): Promise<void> {
  try {
    await execa('sync', ['--file-system', path], { stdin: 'ignore' });
  } catch (error) {
    throw new NeedsError(
      'Cannot make sure that what was extracted is on disk: the program sync failed or is missing',
      { stage: 'write', hint: 'It belongs to GNU coreutils.' },
      { cause: error },
    );
  }
}
