import { readdir, readlink, rm, symlink } from 'node:fs/promises';

import { diskError } from '../../base/disk-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import { makePath } from '../../base/make-path.ts';
import type { Machine } from '../takeover/machine.ts';

const FOLDER_MODE = 0o755;

/** A unit that we have as well as Qubes OS, by the same name, and which of them is in force. */
export interface StockUnit {
  readonly name: string;
  /** `another`: what a person has put before both of them. */
  readonly inForce: 'ours' | 'stock' | 'another';
}

/** The units that are installed beside those of Qubes OS. */
export async function stockUnits(machine: Machine): Promise<readonly StockUnit[]> {
  const names = await readdir(machine.at(machine.pathOf('unit'))).catch(() => []);
  const units = names.sort().map(async (name) => ({ name, inForce: await inForce(machine, name) }));
  return Promise.all(units);
}

async function inForce(machine: Machine, name: string): Promise<StockUnit['inForce']> {
  try {
    const link = await readlink(unitPath(machine, name));
    return machine.isOurs(machine.ownUnits, link) ? 'ours' : 'another';
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'stock' : 'another';
  }
}

/** Where it comes before the stock one. */
export function unitPath(machine: Machine, name: string): string {
  return machine.at(machine.ownUnits, name);
}

/**
 * Puts ours in place of the stock one; whether it is started with the machine stays as it is.
 * @throws NeedsError when the disk refuses
 */
export async function putInPlace(machine: Machine, name: string): Promise<void> {
  const path = unitPath(machine, name);
  try {
    await makePath(machine.at(machine.ownUnits), FOLDER_MODE);
    await symlink(machine.linkFrom(machine.ownUnits, 'unit', name), path);
  } catch (error) {
    throw diskError(error, 'make', path);
  }
}

/**
 * Brings the stock one back.
 * @throws NeedsError when the disk refuses
 */
export async function bringBack(machine: Machine, name: string): Promise<void> {
  const path = unitPath(machine, name);
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw diskError(error, 'remove', path);
  }
}
