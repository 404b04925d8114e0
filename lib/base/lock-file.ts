import type { FileHandle } from 'node:fs/promises';
import { execa } from 'execa';

/** As execa's types want a descriptor to be; any number will do. */
type Descriptor = 3;

/** What `flock` of util-linux ends with when somebody else has the lock. */
const TAKEN = 1;

/**
 * Locks an open file until it is closed, if only by the death of this process: the lock belongs to
 * the open file, which the `flock` program shares for a moment. It guards against accidents, so
 * where there is no such program, or the file system knows no locks, the work goes on without.
 * @returns false when another process holds the lock
 */
export async function lockFile(file: FileHandle): Promise<boolean> {
  const { exitCode } = await execa('flock', ['--exclusive', '--nonblock', '0'], {
    stdin: file.fd as Descriptor,
    stdout: 'ignore',
    stderr: 'ignore',
    reject: false,
    // It ends at once. To end it with us, signals would be listened for, and a file that gets too large
    // would no longer be an error but the end of this process.
    cleanup: false,
  });
  return exitCode !== TAKEN;
}
