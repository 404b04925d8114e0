import { readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type SocketName, socketPath } from '../../admin/start-host.ts';
import { diskError } from '../../base/disk-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { openFolder } from '../../base/folder.ts';
import { makePath } from '../../base/make-path.ts';
import { writeFileIn } from '../../base/write-file.ts';
import { STOCK_FOLDER } from '../../model/store/store-owner.ts';
import type { Machine } from '../takeover/machine.ts';
import { SOCKET_NAMES } from '../host/activation.ts';
import { HOST_UNIT, SOCKET_UNITS, stockSocket } from './units.ts';

const HEAD = '# Made by qubes-rpc host enable; gone after qubes-rpc host disable.';
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** What is said of a unit on this machine besides its file. */
export interface DropIn {
  readonly unit: string;
  readonly file: string;
  readonly lines: readonly string[];
}

/** The drop-in that says which system the host has. */
export const SYSTEM_DROP_IN = { unit: HOST_UNIT, file: '50-system.conf' };
const ROOT = 'QUBES_RPC_ROOT';

/** Which system the host has, and where it may write for that. */
export function systemDropIn(root: string, folders: readonly string[]): DropIn {
  const written = folders.map((folder) => `ReadWritePaths=${quoted(`-${folder}`)}`);
  return {
    ...SYSTEM_DROP_IN,
    lines: ['[Service]', `Environment=${quoted(`${ROOT}=${root}`)}`, ...written],
  };
}

/** Which system that is; without a word of it, that of Qubes OS. */
export async function chosenSystem(machine: Machine): Promise<string> {
  const path = pathOf(machine, SYSTEM_DROP_IN);
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, quotedRoot] = new RegExp(`^Environment="${ROOT}=(.*)"$`, 'm').exec(text) ?? [];
  return quotedRoot === undefined ? STOCK_FOLDER : unquoted(quotedRoot);
}

/** Lets programs that know the system by its folder find the host. */
export function socketDropIns(root: string): readonly DropIn[] {
  return linkedSockets('50-system.conf', (socket) => socketPath(root, socket));
}

/** Lets who calls qubesd by its sockets find the host there. */
export function stockSocketDropIns(): readonly DropIn[] {
  return linkedSockets('50-in-place-of-qubesd.conf', stockSocket);
}

function linkedSockets(file: string, pathOfSocket: (socket: SocketName) => string): DropIn[] {
  return SOCKET_NAMES.map((socket) => ({
    unit: SOCKET_UNITS[socket],
    file,
    lines: ['[Socket]', `Symlinks=${quoted(pathOfSocket(socket))}`],
  }));
}

/** @throws NeedsError when the disk refuses */
export async function writeDropIn(machine: Machine, { unit, file, lines }: DropIn): Promise<void> {
  const path = machine.at(machine.ownUnits, `${unit}.d`);
  try {
    await makePath(path, FOLDER_MODE);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
  const folder = await openFolder(path);
  try {
    const text = [HEAD, ...lines, ''].join('\n');
    await writeFileIn(folder, file, Buffer.from(text), FILE_MODE);
  } finally {
    await folder.close();
  }
}

/**
 * Removes it, and the folder if nothing else is in it.
 * @throws NeedsError when the disk refuses
 */
export async function removeDropIn(
  machine: Machine,
  dropIn: Pick<DropIn, 'unit' | 'file'>,
): Promise<void> {
  const path = pathOf(machine, dropIn);
  try {
    await rm(path, { force: true });
    await rmdir(dirname(path));
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (!['ENOENT', 'ENOTEMPTY'].includes(code)) throw diskError(error, 'remove', path);
  }
}

export async function hasDropIn(
  machine: Machine,
  dropIn: Pick<DropIn, 'unit' | 'file'>,
): Promise<boolean> {
  return (await stat(pathOf(machine, dropIn)).catch(() => undefined)) !== undefined;
}

function pathOf(machine: Machine, { unit, file }: Pick<DropIn, 'unit' | 'file'>): string {
  return machine.at(machine.ownUnits, `${unit}.d`, file);
}

/** Whether a path can be said in a unit: not all settings know a way to say the others. */
export function canBeSaid(path: string): boolean {
  return /^\/[^"\\\x00-\x1f\x7f]*$/.test(path);
}

/** As systemd.syntax(7) has it; `%` begins what it fills in. */
function quoted(text: string): string {
  return `"${text.replaceAll('%', '%%')}"`;
}

function unquoted(text: string): string {
  return text.replaceAll('%%', '%');
}
