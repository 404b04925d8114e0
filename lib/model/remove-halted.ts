import {
  QubesException,
  QubesVMNotFoundError,
  QubesVMNotHaltedError,
} from '../base/admin-error.ts';
import { QubesRpcError } from '../base/errors.ts';
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

async function removeFiles(qube: Qube): Promise<void> {
  const { folder, name, system } = qube;
  try {
    try {
      await removeVolumes(qube);
    } finally {
      await system.hypervisor.forget(qube);
      // The last of it: by this the next host sees that something is left, should this one end here.
      if (folder !== undefined) await system.storage.removeFolder(folder);
    }
  } catch (error) {
    if (!(error instanceof QubesRpcError) && !(error instanceof QubesException)) throw error;
    throw new QubesException(`${name} is removed, but its files are not: ${error.message}`, {
      cause: error,
    });
  }
}
