import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';

import { CallError, NO_SERVICE, PROBLEM } from './call-error.ts';
import { type Called, findFile } from './find-file.ts';
import { fullName } from './names.ts';
import { parseTcpLink } from './tcp-link.ts';

/** What serves a call. */
export type FoundService =
  | { readonly kind: 'executable'; readonly path: string }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** How files begin that Linux itself can execute: a script that names its interpreter, a program. */
const BEGINNINGS = ['#!', '\x7fELF'];

/**
 * Finds what serves a call, by the rules of qrexec.
 * @param folders of services, the first one first
 * @throws CallError when there is nothing, or nothing that can serve
 */
export async function findService(
  folders: readonly string[],
  called: Called,
): Promise<FoundService> {
  const found = await findFile(folders, called);
  if (found === undefined) {
    throw new CallError(
      NO_SERVICE,
      `The service ${called.service} is not installed (no ${fullName(called)} and no ` +
        `${called.service} in ${folders.join(' or ')})`,
    );
  }
  const { path, stats, tcp } = found;
  if (tcp !== undefined) return { kind: 'tcp', ...parseTcpLink(tcp, called) };
  if (stats.isSocket()) return { kind: 'socket', path };
  if (!stats.isFile() || !(await canBeExecuted(path))) {
    throw new CallError(PROBLEM, `The service ${path} is neither a program nor a socket`);
  }
  return { kind: 'executable', path };
}

async function canBeExecuted(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return false;
  }
  // The C library would give anything else to a shell.
  const beginning = await firstBytes(path);
  return beginning === undefined || BEGINNINGS.some((mark) => beginning.startsWith(mark));
}

/** @returns undefined for a program that may be executed, but not read */
async function firstBytes(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
