import { readFile, readdir, readlink, realpath } from 'node:fs/promises';
import { createConnection } from 'node:net';

import { systemErrorCode } from '../../base/errors.ts';

/** What connecting ends with where nobody listens. */
const NOBODY = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ENOTSOCK', 'EINVAL']);
/** Of a listening socket in /proc/net/unix: `Num RefCount Protocol Flags Type St Inode Path`. */
const LINE = /^\S+ \S+ \S+ 00010000 \S+ \S+ +(\d+) (.*)$/gm;

/**
 * Whoever listens on a Unix socket: undefined for nobody and for this process itself, which may have
 * got the socket from systemd.
 */
export async function findListener(
  path: string,
): Promise<{ readonly pid: number | undefined } | undefined> {
  if (!(await answers(path))) return undefined;
  // Known by the path that it was made with, which may be another than that of a link to it.
  const real = await realpath(path).catch(() => path);
  const inodes = await listeningInodes([path, real]);
  if (await holdsOneOf('self', inodes)) return undefined;
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    if (await holdsOneOf(pid, inodes)) return { pid: Number(pid) };
  }
  return { pid: undefined };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error) => resolve(!NOBODY.has(systemErrorCode(error) ?? '')));
  });
}

async function listeningInodes(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const sockets = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const inodes = new Set<string>();
  for (const [, inode = '', where] of sockets.matchAll(LINE)) {
    if (where !== undefined && paths.includes(where)) inodes.add(inode);
  }
  return inodes;
}

async function holdsOneOf(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${name}`).catch(() => '');
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}
