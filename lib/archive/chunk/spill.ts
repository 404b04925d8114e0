import { randomUUID } from 'node:crypto';
import { open, type FileHandle, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { NeedsError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

/**
 * Puts ciphertext into a file of its own in `folder`. The file has no name any more when this
 * returns, so that it is gone when it is closed, however the program ends.
 * @throws NeedsError when the folder cannot take it
 */
export async function spill(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  signal: AbortSignal,
): Promise<{ file: FileHandle; size: number }> {
  const path = join(folder, `.qubes-restore-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600).catch((error: unknown) => {
    throw cannotSpill(folder, error);
  });
  try {
    await unlink(path);
    let size = 0;
    for await (const block of source) {
      signal.throwIfAborted();
      await file.writev([block], size).catch((error: unknown) => {
        throw cannotSpill(folder, error);
      });
      size += block.length;
    }
    return { file, size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function cannotSpill(folder: string, cause: unknown): NeedsError {
  return new NeedsError(
    `Cannot put a chunk into the scratch folder ${printable(folder)}: ${reasonOf(cause)}`,
    {},
    { cause },
  );
}
