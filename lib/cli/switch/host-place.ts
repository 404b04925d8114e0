import { stat } from 'node:fs/promises';

import type { SocketName } from '../../admin/start-host.ts';
import { NeedsError } from '../../base/errors.ts';
import { openFolder } from '../../base/folder.ts';
import { findStoreUser } from '../../model/store/store-owner.ts';
import type { Machine } from '../takeover/machine.ts';
import { runningQubes } from './running-qubes.ts';
import { HOST_UNIT, stockSocket } from './units.ts';

const ADMIN: SocketName = 'qubesd';

/** @throws NeedsError where our units are not installed */
export async function requireUnits(machine: Machine): Promise<void> {
  const path = machine.at(machine.units, HOST_UNIT);
  if (await isThere(path)) return;
  throw new NeedsError(`Cannot enable the host: there is no ${path}`, {
    hint: 'Install qubes-rpc-dom0.',
  });
}

/** Whether our units are installed on a machine. */
export function hasUnits(machine: Machine): Promise<boolean> {
  return isThere(machine.at(machine.units, HOST_UNIT));
}

/**
 * Who has the store that the host is to have, or serves the Admin API of the machine.
 * @param root folder of the system, of the machine
 * @returns a sentence; undefined for nobody
 */
export async function findOtherDaemon(machine: Machine, root: string): Promise<string | undefined> {
  const folder = await openFolder(machine.at(root));
  try {
    const socket = stockSocket(ADMIN);
    return await findStoreUser(folder, [machine.at('/var', socket), machine.at(socket)]);
  } finally {
    await folder.close();
  }
}

/**
 * The host knows nothing of Xen: to it a qube that runs there is halted, and its volumes are free.
 * @throws NeedsError that names those that run
 */
export async function requireNoneRuns(machine: Machine): Promise<void> {
  const names = await runningQubes(machine);
  if (names.length === 0) return;
  throw new NeedsError(`Cannot enable the host while qubes of Xen run: ${names.join(', ')}`, {
    hint: 'To it they would be halted, and their disks free. Shut them down first.',
  });
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
