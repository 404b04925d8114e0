import {
  QubesVMNotRunningError,
  QubesVMNotStartedError,
  QubesVMShutdownTimeoutError,
} from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { powerState } from '../power-state.ts';
import { isPreload } from '../properties/is-preload.ts';
import { shutdownTimeout } from '../properties/local.ts';
import type { Qube } from '../qube.ts';
import { isHalted, isPaused } from '../running.ts';
import { quietly } from './own-doing.ts';
import { requireLocal } from './require-local.ts';
import { endOfRun } from './run.ts';
import { attempt } from './settle.ts';
import { reasonOf, toAdminError } from './to-admin-error.ts';
import { within } from '../../base/within.ts';

/** How a qube is to be shut down. */
export interface ShutdownOptions {
  /** Also one that others need, or that is paused. */
  readonly force: boolean;
  /** Until it is off, for as long as its property `shutdown_timeout` says. */
  readonly wait: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Asks a qube to shut down, waking it if it sleeps; one that cannot answer, as it is paused or has
 * crashed, is ended.
 * @throws QubesVMNotStartedError when it is off
 * @throws QubesVMNotRunningError when it is paused, and not just waits for its first use
 * @throws QubesVMShutdownTimeoutError when it was waited for in vain
 * @throws AdminError when a handler vetoes: others need it
 */
export async function shutdownQube(qube: Qube, options: ShutdownOptions): Promise<void> {
  requireLocal(qube, 'shutdown');
  if (isHalted(qube)) throw QubesVMNotStartedError.of(qube.name);
  try {
    await qube.act('domain-pre-shutdown', { force: options.force });
    // One that nobody has yet has nothing to lose.
    const mayEnd = options.force || !isPaused(qube) || qube.find(isPreload) === true;
    if (!mayEnd) throw QubesVMNotRunningError.of(qube.name);
    const over = endOfRun(qube);
    await end(qube);
    if (options.wait && over !== undefined) await waitFor(over, qube, options.signal);
  } catch (error) {
    const payload = { reason: reasonOf(error) };
    await attempt(qube, 'tell that it goes on', () => qube.act('domain-shutdown-failed', payload));
    throw toAdminError(error);
  }
}

async function end(qube: Qube): Promise<void> {
  const { hypervisor } = qube.system;
  if (powerState(qube) === 'Suspended') {
    await quietly(qube, 'unpaused', () => hypervisor.wake(qube.uuid));
  }
  const canAnswer = !isPaused(qube) && powerState(qube) !== 'Crashed';
  await (canAnswer ? hypervisor.shutdown(qube.uuid) : hypervisor.destroy(qube.uuid));
}

async function waitFor(
  over: Promise<void>,
  qube: Qube,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await within(qube.system.clock, qube.get(shutdownTimeout), over, signal)) return;
  if (signal?.aborted === true) return;
  throw new QubesVMShutdownTimeoutError(`Domain shutdown timed out: ${pythonRepr(qube.name)}`);
}
