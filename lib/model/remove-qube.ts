import { QubesVMInUseError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { App } from './app.ts';
import { requireUnneeded } from './behaviour/removal.ts';
import { keeperOf } from './preload/registry.ts';
import { installedByRpm } from './properties/local.ts';
import { templateForDispvms } from './properties/template-for-dispvms.ts';
import type { Qube } from './qube.ts';
import { removeHalted, requireRemovable } from './remove-halted.ts';

/**
 * Removes a qube from the store, then from the disk: if the store cannot be written, all of it is
 * still there. Disposables that were started ahead of need from it go before it.
 * @throws QubesVMInUseError when something needs it, and for dom0
 * @throws QubesVMNotHaltedError
 * @throws QubesException when store or disk refuse
 */
export function removeQube(app: App, qube: Qube): Promise<void> {
  if (qube.className === 'AdminVM') {
    throw new QubesVMInUseError(`${pythonRepr(qube.name)} cannot be removed`);
  }
  return app.qubeLock.run(qube.name, async () => {
    requireNotOfPackage(qube);
    const keeper = qube.find(templateForDispvms) === true ? keeperOf(qube) : undefined;
    if (keeper === undefined) return removeHalted(qube);
    // Nothing is lost for a removal that is refused.
    requireRemovable(qube);
    requireUnneeded(qube);
    return keeper.whileEmpty('template being removed', () => removeHalted(qube));
  });
}

/** Its package removes it; what was made of it goes by itself, whatever it took over. */
function requireNotOfPackage(qube: Qube): void {
  if (qube.presence !== 'listed' || qube.find(installedByRpm) !== true) return;
  throw new QubesVMInUseError(`VM installed by package manager: ${qube.name}`);
}
