import { QubesVMNotStartedError } from '../../base/admin-error.ts';
import type { Qube } from '../qube.ts';
import { isHalted } from '../running.ts';
import { requireLocal } from './require-local.ts';
import { settle } from './settle.ts';

/**
 * Ends a qube at once, also while it starts; resolves when all that follows from it is done.
 * @throws QubesVMNotStartedError when it is off
 * @throws QubesVMError for dom0 and qubes elsewhere
 */
export async function killQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'kill');
  if (isHalted(qube)) throw QubesVMNotStartedError.of(qube.name);
  await qube.system.hypervisor.destroy(qube.uuid);
  await qube.system.qubeLock.run(qube.name, () => settle(qube));
}
