import { QubesVMNotPausedError, QubesVMNotRunningError } from '../../base/admin-error.ts';
import { powerState } from '../power-state.ts';
import type { Qube } from '../qube.ts';
import { isPaused, isRunning } from '../running.ts';
import { quietly } from './own-doing.ts';
import { requireLocal } from './require-local.ts';

/**
 * Holds a qube still; nothing happens to one that stands still already.
 * @throws QubesVMNotRunningError when it is off
 * @throws AdminError when a handler vetoes
 */
export async function pauseQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'pause');
  if (!isRunning(qube)) throw QubesVMNotRunningError.of(qube.name);
  if (isPaused(qube) || powerState(qube) === 'Suspended') return;
  await standStill(qube);
  await qube.act('domain-paused', {});
}

/**
 * The same for one that runs, without telling that it is done.
 * @throws AdminError when a handler vetoes
 */
export async function standStill(qube: Qube): Promise<void> {
  await qube.act('domain-pre-paused', {});
  await quietly(qube, 'paused', () => qube.system.hypervisor.pause(qube.uuid));
}

/**
 * Lets a paused qube go on.
 * @throws QubesVMNotPausedError when it is not paused
 * @throws AdminError when a handler vetoes
 */
export async function unpauseQube(qube: Qube): Promise<void> {
  requireLocal(qube, 'unpause');
  if (!isPaused(qube)) throw QubesVMNotPausedError.of(qube.name);
  await qube.act('domain-pre-unpaused', {});
  await quietly(qube, 'unpaused', () => qube.system.hypervisor.unpause(qube.uuid));
  await qube.act('domain-unpaused', {});
}
