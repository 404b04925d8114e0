import {
  QubesException,
  QubesVMNotFoundError,
  QubesVMNotHaltedError,
} from '../base/admin-error.ts';
import { QubesRpcError } from '../base/errors.ts';
import { isNameOfDispid } from './dispids.ts';
import type { Qube } from './qube.ts';
import { isHalted } from './running.ts';
import { removeVolumes } from './volumes.ts';

/**
 * Removes a qube from the store, then from the disk: if the store cannot be written, all of it is
 * still there. To be called with the lock of the qube held.
 * @throws QubesVMInUseError when something needs it
 * @throws QubesVMNotHaltedError
 * @throws QubesException when store or disk refuse
 */
export async function removeHalted(qube: Qube): Promise<void> {
  requireRemovable(qube);
  const { system } = qube;
  system.apply(() => {
    system.fire('domain-pre-delete', { vm: qube });
    system.delete(qube);
    qube.become('gone');
    system.fire('domain-delete', { vm: qube });
    qube.fire('domain-remove-from-disk', {});
  });
  await system.save();
  await removeFiles(qube);
}

/**
 * What can be said before anything is done.
 * @throws QubesVMNotFoundError, QubesVMNotHaltedError
 */
export function requireRemovable(qube: Qube): void {
  if (qube.presence !== 'listed') throw QubesVMNotFoundError.of(qube.name);
  if (qube.className !== 'RemoteVM' && !isHalted(qube)) throw QubesVMNotHaltedError.of(qube.name);
}

/** Those that are removed, while something of their files is not. */
const withFilesLeft = new WeakSet<Qube>();

/**
 * Removes what has resisted when a qube was removed. To be called with the lock of the qube held.
 * @throws QubesException when it resists again
 */
export async function removeLeftFiles(qube: Qube): Promise<void> {
  if (withFilesLeft.has(qube)) await removeFiles(qube);
}

async function removeFiles(qube: Qube): Promise<void> {
  const { folder, name, system } = qube;
  withFilesLeft.add(qube);
  // By its folder the next host sees that something is left of a disposable, should this one end here.
  let isMarked = isNameOfDispid(name);
  try {
    try {
      await removeVolumes(qube);
      isMarked = false;
    } finally {
      await system.hypervisor.forget(qube);
      if (folder !== undefined && !isMarked) await system.storage.removeFolder(folder);
    }
    withFilesLeft.delete(qube);
  } catch (error) {
    if (!(error instanceof QubesRpcError) && !(error instanceof QubesException)) throw error;
    throw new QubesException(`${name} is removed, but its files are not: ${error.message}`, {
      cause: error,
    });
  }
}
