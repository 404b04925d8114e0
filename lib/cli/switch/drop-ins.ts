import { readFile, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type SocketName, socketPath } from '../../admin/start-host.ts';
import { diskError } from '../../base/disk-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { openFolder } from '../../base/folder.ts';
import { makePath } from '../../base/make-path.ts';
import { removeFileIn, writeFileIn } from '../../base/write-file.ts';
import { STOCK_FOLDER } from '../../model/store/store-owner.ts';
import type { Machine } from '../takeover/machine.ts';
import { SOCKET_NAMES } from '../host/activation.ts';
import { HOST_UNIT, SOCKET_UNITS, stockSocket } from './units.ts';

const HEAD = '# Made by qubes-rpc host enable; gone after qubes-rpc host disable.';
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Where something is said of a unit besides its file. */
interface Place {
  readonly unit: string;
  readonly file: string;
}

/** What is said of a unit on this machine besides its file. */
export interface DropIn extends Place {
  readonly lines: readonly string[];
}

/**
 * The drop-in that says which system the host has. It is there before anything else is switched, and
 * until all is as before: what is cut short is known by it.
 */
export const SYSTEM_DROP_IN: Place = { unit: HOST_UNIT, file: '50-system.conf' };
const ROOT = 'QUBES_RPC_ROOT';

const IN_PLACE = '50-in-place-of-qubesd.conf';
const WAS_MASKED = '# qubesd was masked before.';

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
  const text = (await readDropIn(machine, SYSTEM_DROP_IN)) ?? '';
  const [, quotedRoot] = new RegExp(`^Environment="${ROOT}=(.*)"$`, 'm').exec(text) ?? [];
  return quotedRoot === undefined ? STOCK_FOLDER : unquoted(quotedRoot);
}

/** Lets programs that know the system by its folder find the host. */
export function socketDropIns(root: string): readonly DropIn[] {
  return linkedSockets('50-system.conf', (socket) => socketPath(root, socket));
}

/**
 * Lets who calls qubesd by its sockets find the host there: qubesd is replaced.
 * @param wasMasked whether a person had masked it before
 */
export function stockSocketDropIns(wasMasked = false): readonly DropIn[] {
  const dropIns = linkedSockets(IN_PLACE, stockSocket);
  return dropIns.map(({ lines, ...place }) => ({
    ...place,
    lines: wasMasked ? [WAS_MASKED, ...lines] : lines,
  }));
}

/** Whether qubesd is replaced, or was begun to be. */
export async function replacesStock(machine: Machine): Promise<boolean> {
  return (await textsOf(machine, stockSocketDropIns())).some((text) => text !== undefined);
}

/** Whether a person had masked qubesd before it was replaced. */
export async function wasMaskedBefore(machine: Machine): Promise<boolean> {
  const texts = await textsOf(machine, stockSocketDropIns());
  return texts.some((text) => text?.split('\n').includes(WAS_MASKED) === true);
}

function textsOf(
  machine: Machine,
  dropIns: readonly DropIn[],
): Promise<readonly (string | undefined)[]> {
  return Promise.all(dropIns.map((dropIn) => readDropIn(machine, dropIn)));
}

function linkedSockets(file: string, pathOfSocket: (socket: SocketName) => string): DropIn[] {
  return SOCKET_NAMES.map((socket) => ({
    unit: SOCKET_UNITS[socket],
    file,
    lines: ['[Socket]', `Symlinks=${quoted(pathOfSocket(socket))}`],
  }));
}

/** What it says when it is written. */
export function textOf({ lines }: DropIn): string {
  return [HEAD, ...lines, ''].join('\n');
}

/** What it says; undefined where there is none. */
export async function readDropIn(machine: Machine, place: Place): Promise<string | undefined> {
  return readFile(pathOf(machine, place), 'utf8').catch(() => undefined);
}

export async function hasDropIn(machine: Machine, place: Place): Promise<boolean> {
  return (await readDropIn(machine, place)) !== undefined;
}

/** @throws NeedsError when the disk refuses */
export async function writeDropIn(
  machine: Machine,
  { unit, file }: Place,
  text: string,
): Promise<void> {
  const path = machine.at(machine.ownUnits, `${unit}.d`);
  try {
    await makePath(path, FOLDER_MODE);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
  const folder = await openFolder(path);
  try {
    await writeFileIn(folder, file, Buffer.from(text), FILE_MODE);
  } finally {
    await folder.close();
  }
}

/**
 * Removes it, and the folder if nothing else is in it.
 * @throws NeedsError when the disk refuses
 */
export async function removeDropIn(machine: Machine, place: Place): Promise<void> {
  const path = dirname(pathOf(machine, place));
  if (!(await isThere(path))) return;
  const folder = await openFolder(path);
  try {
    await removeFileIn(folder, place.file);
  } finally {
    await folder.close();
  }
  try {
    await rmdir(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOTEMPTY') throw diskError(error, 'remove', path);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function pathOf(machine: Machine, { unit, file }: Place): string {
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
