import type { Stats } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';

/** `1: POSIX  ADVISORY  WRITE 1234 fd:01:5678 0 EOF`, see proc_locks(5); the device in hexadecimal. */
const LINE = /^\d+: POSIX +\S+ +\S+ +(\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) /gm;

/** The other process that holds a POSIX lock (`lockf`, `fcntl`) on a file, if one does. */
export async function findPosixLock(file: Stats): Promise<number | undefined> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  for (const [, holder, major, minor, inode] of locks.matchAll(LINE)) {
    const pid = Number(holder);
    if (Number(inode) !== file.ino || pid === process.pid) continue;
    const device = deviceNumber(parseInt(major ?? '', 16), parseInt(minor ?? '', 16));
    // Some file systems (btrfs, overlay) give files a device of their own; then its open files tell.
    if (device === file.dev || (await hasOpen(pid, file))) return pid;
  }
  return undefined;
}

/** As `stat` gives it, see makedev(3). */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + Math.floor(minor / 0x100) * 0x10_0000;
}

async function hasOpen(pid: number, file: Stats): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await readdir(folder).catch(() => [])) {
    const open = await stat(`${folder}/${name}`).catch(() => undefined);
    if (open?.ino === file.ino && open.dev === file.dev) return true;
  }
  return false;
}
