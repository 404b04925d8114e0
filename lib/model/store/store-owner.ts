import { constants, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { NeedsError } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { lockFile } from '../../base/lock-file.ts';
import { describeProcess } from './describe-process.ts';
import { findListener } from './find-listener.ts';
import { findPosixLock } from './find-posix-lock.ts';
import { STORE } from './store-error.ts';

const LOCK = `${STORE}.lock`;
/** Where a host of the system in this folder listens; the reference's own has it elsewhere. */
const SOCKET = join('run', 'qubesd.sock');
/** Where the store of Qubes OS is. */
export const STOCK_FOLDER = '/var/lib/qubes';
const STOCK_SOCKET = '/var/run/qubesd.sock';
const HINT = 'A system has one owner: end that program, or make your calls through it.';

/** Whether a folder is the one where the store of Qubes OS is, by whatever links either is reached. */
export function isStockFolder(path: string): boolean {
  if (path === STOCK_FOLDER) return true;
  const [one, other] = [path, STOCK_FOLDER].map(identityOf);
  return one !== undefined && one === other;
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Makes this process the owner of the store in a folder, until `release` or its death.
 * @throws NeedsError that says who owns it, be it another host or the reference's daemon
 */
export async function ownStore(folder: Folder): Promise<{ release(): Promise<void> }> {
  const lock = await folder.openFile(LOCK, constants.O_RDWR | constants.O_CREAT);
  try {
    if (!(await lockFile(lock))) throw inUse(folder, `${await ownerIn(lock)} has it open`);
    const daemon = await findDaemon(folder);
    if (daemon !== undefined) throw inUse(folder, daemon);
    await lock.truncate();
    await lock.write(`${process.pid}\n`, 0);
  } catch (error) {
    await lock.close();
    throw error;
  }
  return { release: () => lock.close() };
}

/**
 * Who uses the store in a folder now, without becoming its owner and without a trace.
 * @param sockets of daemons that would have it, besides those that are known
 * @returns a sentence; undefined for nobody
 */
export async function findStoreUser(
  folder: Folder,
  sockets: readonly string[] = [],
): Promise<string | undefined> {
  const owner = (await folder.has(LOCK)) ? await findOwner(folder) : undefined;
  return owner ?? findDaemon(folder, sockets);
}

async function findOwner(folder: Folder): Promise<string | undefined> {
  const lock = await folder.openFile(LOCK, constants.O_RDWR);
  try {
    return (await lockFile(lock)) ? undefined : `${await ownerIn(lock)} has it open`;
  } finally {
    await lock.close();
  }
}

/** The reference's daemon locks the store only while it works on it, but listens all the time. */
async function findDaemon(
  folder: Folder,
  more: readonly string[] = [],
): Promise<string | undefined> {
  const stats = await folder.stat(STORE);
  const locker = stats && (await findPosixLock(stats));
  if (locker !== undefined) return `${await describeProcess(locker)} holds a lock on ${STORE}`;
  const stock = isStockFolder(folder.path) ? [STOCK_SOCKET] : [];
  for (const socket of [join(folder.path, SOCKET), ...stock, ...more]) {
    const listener = await findListener(socket);
    if (listener === undefined) continue;
    const who = listener.pid === undefined ? 'a program' : await describeProcess(listener.pid);
    return `${who} listens on ${socket}`;
  }
  return undefined;
}

async function ownerIn(lock: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await lock.read(Buffer.alloc(16), 0, 16, 0);
  const untrusted = buffer.toString('latin1', 0, bytesRead).trim();
  return /^[1-9][0-9]{0,9}$/.test(untrusted)
    ? describeProcess(Number(untrusted))
    : 'another process';
}

function inUse({ path }: Folder, reason: string): NeedsError {
  return new NeedsError(`Cannot open the system in ${path}: ${reason}`, { hint: HINT });
}
