import { QubesVMNotFoundError, QubesVMNotHaltedError } from '../base/admin-error.ts';
import type { Qube } from './qube.ts';
import { isHalted } from './running.ts';

/**
 * Does something with a qube while nobody else creates, removes, starts or otherwise works on it.
 * @throws QubesVMNotFoundError when it was removed while this waited for its turn
 */
export function withLockedQube<Result>(qube: Qube, work: () => Promise<Result>): Promise<Result> {
  return qube.system.qubeLock.run(qube.name, () => {
    if (qube.presence !== 'listed') throw QubesVMNotFoundError.of(qube.name);
    return work();
  });
}

/** @throws QubesVMNotHaltedError */
export function requireHalted(qube: Qube): void {
  if (!isHalted(qube)) throw QubesVMNotHaltedError.of(qube.name);
}
