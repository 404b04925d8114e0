import { execa } from 'execa';
import { NeedsError, reasonOf } from './errors.ts';
import { printable } from './printable.ts';

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
      `Cannot make sure that ${printable(path)} is on disk: ${printable(reasonOf(error))}`,
      { stage: 'write' },
      { cause: error },
    );
  }
}
