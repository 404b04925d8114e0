import type { FileHandle } from 'node:fs/promises';

/** Sets permissions and modification time (seconds since 1970) of an open file or folder. */
export async function setAttributes(
  handle: FileHandle,
  mode: number,
  mtime: number,
): Promise<void> {
  await handle.chmod(mode);
  // Node takes a negative number for "now", but not a negative Date, whose range ends at 8.64e15.
  const time = new Date(Math.max(-8.64e15, Math.min(8.64e15, Math.round(mtime * 1000))));
  await handle.utimes(time, time);
}
