import { readdir, stat } from 'node:fs/promises';

const PROCESSES = '/proc';

/**
 * Whether a process has a file or device open, whoever does: a process that is gone has closed all.
 * Processes of other users are only seen by root.
 * @returns false also when there is no such file
 */
export async function isOpenSomewhere(path: string): Promise<boolean> {
  const wanted = await stat(path).catch(() => undefined);
  if (wanted === undefined) return false;
  for (const process of await readdir(PROCESSES)) {
    if (!/^\d+$/.test(process)) continue;
    const folder = `${PROCESSES}/${process}/fd`;
    // Processes come and go, and descriptors with them.
    const descriptors = await readdir(folder).catch(() => []);
    const opened = await Promise.all(
      descriptors.map((descriptor) => stat(`${folder}/${descriptor}`).catch(() => undefined)),
    );
    if (opened.some((file) => file?.ino === wanted.ino && file.dev === wanted.dev)) return true;
  }
  return false;
}
