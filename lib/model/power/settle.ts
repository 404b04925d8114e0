import { autoCleanup } from '../properties/auto-cleanup.ts';
import type { Qube } from '../qube.ts';
import { removeHalted } from '../remove-halted.ts';
import { isHalted } from '../running.ts';
import { stopVolumes } from '../volumes.ts';
import { markRun } from './run-mark.ts';
import { endOfRun, endRun } from './run.ts';

/**
 * Does what follows from the end of a run, once: its volumes are stopped, its database goes, and so
 * does a disposable that is to. One step that fails does not keep the others from being done. To be
 * called with the lock of the qube held.
 */
export async function settle(qube: Qube): Promise<void> {
  if (endOfRun(qube) === undefined || !isHalted(qube)) return;
  const { qubesdb } = qube.system;
  await attempt(qube, 'tell that it has stopped', () => qube.act('domain-stopped', {}));
  await attempt(qube, 'stop its volumes', () => stopVolumes(qube));
  await attempt(qube, 'end its database', () => qubesdb.stop(qube));
  announceRun(qube);
  await attempt(qube, 'tell that it is shut down', () => qube.act('domain-shutdown', {}));
  await attempt(qube, 'note that it is halted', () => markRun(qube, undefined));
  if (qube.find(autoCleanup) === true) {
    await attempt(qube, 'remove it after use', () => removeHalted(qube));
  }
  endRun(qube);
}

/** What follows from whether a qube runs has changed. */
export function announceRun(qube: Qube): void {
  for (const name of ['xid', 'stubdom_xid', 'start_time']) {
    qube.fire(`property-reset:${name}`, { name });
  }
}

/** Goes on when a step fails: it goes to the log. */
export async function attempt(
  { name, system }: Qube,
  doing: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    system.log.error({ err: error }, `${name}: cannot ${doing}`);
  }
}
