import { QubesVMNotFoundError, QubesVMShutdownTimeoutError } from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { powerState } from '../power-state.ts';
import { autoCleanup } from '../properties/auto-cleanup.ts';
import { shutdownTimeout } from '../properties/local.ts';
import type { Qube } from '../qube.ts';
import { removeHalted } from '../remove-halted.ts';
import { isHalted } from '../running.ts';
import { requireLocal } from './require-local.ts';
import { endOfRun } from './run.ts';
import { attempt, settle } from './settle.ts';
import { startHalted } from './start-sequence.ts';
import { within } from '../../base/within.ts';

/**
 * Starts a qube, after its netvm; does nothing when it runs. Of several callers the first starts it,
 * and the others wait. One that is just shutting down is started when it is off.
 * @throws QubesVMNotHaltedError for dom0 and qubes elsewhere
 * @throws QubesVMNotFoundError when it was removed meanwhile
 * @throws AdminError when it cannot be started; nothing is left of the attempt then
 */
export async function startQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'start');
  if (isGoing(qube)) await untilOff(qube);
  await qube.system.qubeLock.run(qube.name, async () => {
    // Of a crash something is left that cannot be gone on with.
    if (powerState(qube) === 'Crashed') await qube.system.hypervisor.destroy(qube.uuid);
    await settle(qube);
    if (qube.presence !== 'listed') throw QubesVMNotFoundError.of(qube.name);
    if (isHalted(qube)) await startOrRemove(qube);
  });
}

/** A disposable that goes after use goes as well when it cannot be used. */
async function startOrRemove(qube: Qube): Promise<void> {
  try {
    await startHalted(qube, startQube);
  } catch (error) {
    const isLeft = qube.presence === 'listed' && qube.find(autoCleanup) === true;
    if (isLeft) await attempt(qube, 'remove it', () => removeHalted(qube));
    throw error;
  }
}

function isGoing(qube: Qube): boolean {
  const state = powerState(qube);
  return state === 'Halting' || state === 'Dying';
}

async function untilOff(qube: Qube): Promise<void> {
  const over = endOfRun(qube);
  if (over === undefined) return;
  if (await within(qube.system.clock, qube.get(shutdownTimeout), over)) return;
  throw new QubesVMShutdownTimeoutError(`Domain shutdown timed out: ${pythonRepr(qube.name)}`);
}
