import { powerState } from './power-state.ts';
import type { Qube } from './qube.ts';

/** Whether a qube is off for good: nothing of it is left running. */
export function isHalted(qube: Qube): boolean {
  return powerState(qube) === 'Halted';
}

/** Whether a qube exists for the hypervisor: running, starting, paused or shutting down. */
export function isRunning(qube: Qube): boolean {
  const state = powerState(qube);
  return state !== 'Halted' && state !== 'Crashed' && state !== 'NA';
}

/** Whether a qube is held still: it goes on where it was. Sleeping is something else. */
export function isPaused(qube: Qube): boolean {
  return powerState(qube) === 'Paused';
}
