import { QubesVMNotRunningError } from '../../base/admin-error.ts';
import { tellQube } from '../call-service.ts';
import { powerState } from '../power-state.ts';
import type { Qube } from '../qube.ts';
import { isPaused, isRunning } from '../running.ts';
import { quietly } from './own-doing.ts';
import { pauseQube, unpauseQube } from './pause-qube.ts';
import { requireLocal } from './require-local.ts';

/** Tells a qube that it is about to sleep. */
export const BEFORE_SLEEP = 'qubes.SuspendPre';

/**
 * Sends a qube to sleep, or pauses it where what runs in it cannot sleep; nothing happens to one
 * that stands still already. It is told before, and again when it is woken.
 * @throws QubesVMNotRunningError when it is off
 */
export async function suspendQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'suspend');
  if (!isRunning(qube)) throw QubesVMNotRunningError.of(qube.name);
  if (isPaused(qube) || powerState(qube) === 'Suspended') return;
  await tellQube(qube, BEFORE_SLEEP);
  await fallAsleep(qube);
}

/** The same for one that runs and has been told. */
export async function fallAsleep(qube: Qube): Promise<void> {
  const { hypervisor } = qube.system;
  const canSleep = await quietly(qube, 'suspended', () => hypervisor.suspend(qube.uuid));
  if (!canSleep) await pauseQube(qube);
}

/**
 * Wakes a sleeping qube, or lets a paused one go on.
 * @throws QubesVMNotPausedError when it is neither
 */
export async function resumeQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'resume');
  if (powerState(qube) !== 'Suspended') return unpauseQube(qube);
  await quietly(qube, 'unpaused', () => qube.system.hypervisor.wake(qube.uuid));
  await tellQube(qube, 'qubes.SuspendPost');
  await qube.act('domain-resumed', {});
}
