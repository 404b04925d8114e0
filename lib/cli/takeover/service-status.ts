import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

import { findFile } from '../../qrexec/find-file.ts';
import type { Choice } from './choice.ts';
import type { OurService } from './installed-services.ts';
import type { Machine } from './machine.ts';

/** Whose service answers a call. */
export type InForce = 'ours' | 'stock' | 'none';

/** A service of ours, and what a call of its name finds. */
export interface ServiceStatus extends Omit<OurService, 'socket'> {
  readonly inForce: InForce;
  /** Whether ours is in force because it was taken over, and is so after the next start. */
  readonly takenOver: boolean;
  /** What qrexec finds; undefined for nothing. Of the machine, as all paths here. */
  readonly path: string | undefined;
  /** What it would find without ours. */
  readonly stock: string | undefined;
}

/** What a call of a service finds now, by the rules of qrexec. */
export async function serviceStatus(
  machine: Machine,
  { name, family, socket, isInstalled }: OurService,
  choice: Choice,
): Promise<ServiceStatus> {
  const folders = machine.serviceFolders();
  const found = await find(machine, folders, name);
  const inForce = found === undefined ? 'none' : found.isOurs ? 'ours' : 'stock';
  return {
    name,
    family,
    isInstalled,
    inForce,
    takenOver: choice.services.has(name) || (choice.hasHost && socket !== undefined),
    path: found?.path,
    stock: await findStock(machine, folders, name),
  };
}

interface Found {
  readonly path: string;
  readonly isOurs: boolean;
}

async function findStock(
  machine: Machine,
  folders: readonly string[],
  name: string,
): Promise<string | undefined> {
  for (const folder of folders) {
    const found = await find(machine, [folder], name);
    if (found?.isOurs === false) return found.path;
  }
  return undefined;
}

async function find(
  machine: Machine,
  folders: readonly string[],
  name: string,
): Promise<Found | undefined> {
  const found = await findFile(folders, { service: name, argument: '' });
  if (found === undefined) return undefined;
  const path = await ofMachine(machine, found.path);
  // What it leads to in the end: the bundle of a service, or a socket of the units.
  const target = await ofMachine(machine, await realpath(found.path));
  return { path, isOurs: machine.isOurs(dirname(path), target) };
}

/** A path from here as the machine itself has it. */
async function ofMachine(machine: Machine, path: string): Promise<string> {
  if (machine.isThis) return path;
  for (const root of [machine.root, await realpath(machine.root)]) {
    if (path.startsWith(`${root}/`)) return path.slice(root.length);
  }
  return path;
}
