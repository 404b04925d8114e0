import { open } from 'node:fs/promises';

import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { lockFile } from '../../base/lock-file.ts';

/**
 * Does `work` while this process alone holds the lock of all restores in a disposable; the lock dies
 * with the process.
 * @param path of the file that is locked; it stays
 * @throws NeedsError when another process holds it, or the file cannot be opened
 */
export async function whileLocked<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const file = await open(path, 'a', 0o600).catch((error: unknown) => {
    throw diskError(error, 'open', path);
  });
  try {
    if (await lockFile(file)) return await work();
    throw new NeedsError('Another restore in a disposable is under way', {
      hint: 'Only one goes on at a time: wait until it has ended.',
    });
  } finally {
    await file.close();
  }
}
