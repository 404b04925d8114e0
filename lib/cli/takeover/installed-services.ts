import { readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

import { type SocketName, socketOf } from '../../admin/start-host.ts';
import { diskError } from '../../base/disk-error.ts';
import { NeedsError, systemErrorCode } from '../../base/errors.ts';
import type { Machine } from './machine.ts';

/** The program that only passes a call on to the host. */
const PASS_ON = 'admin-call.cjs';

/** What can be switched together: services that belong together. */
export const FAMILIES = ['restore', 'wait', 'admin', 'notify'] as const;
export type Family = (typeof FAMILIES)[number];

/** By the beginnings of names, the first that fits; the rest sends, takes and finds backups. */
const BEGINNINGS: readonly (readonly [beginning: string, family: Family])[] = [
  ['admin.', 'admin'],
  ['qubes.WaitFor', 'wait'],
  ['qubes.FeaturesRequest', 'notify'],
  ['qubes.Notify', 'notify'],
];

/** Calls among programs of dom0, by a socket only: qrexec brings none. */
const INTERNAL = 'internal.';

/** A service of ours that is installed. */
export interface InstalledService {
  readonly name: string;
  readonly family: Family;
  /** The socket of the resident host that serves it; undefined for one that runs as a process. */
  readonly socket: SocketName | undefined;
  /** Whether qrexec is told something of how to call it as a process. */
  readonly hasConfig: boolean;
}

/**
 * The services that our packages have installed, by name.
 * @throws NeedsError when there are none
 */
export async function installedServices(machine: Machine): Promise<readonly InstalledService[]> {
  const folder = machine.at(machine.pathOf('services'));
  const names = await namesIn(folder);
  const configured = await namesIn(machine.at(machine.pathOf('rpc-config')));
  if (names.length === 0) {
    throw new NeedsError(`No services are installed: there are none in ${folder}`, {
      hint: 'Install qubes-rpc-vm in a template, or qubes-rpc-dom0 in dom0.',
    });
  }
  const called = names.filter((name) => !name.startsWith(INTERNAL)).sort();
  return Promise.all(
    called.map(async (name) => ({
      name,
      family: familyOf(name),
      socket: (await isPassedOn(`${folder}/${name}`)) ? socketOf(name) : undefined,
      hasConfig: configured.includes(name),
    })),
  );
}

function familyOf(name: string): Family {
  return BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 'restore';
}

async function isPassedOn(path: string): Promise<boolean> {
  return basename(await readlink(path).catch(() => '')) === PASS_ON;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw diskError(error, 'read the folder', folder);
  }
}
