import { QubesVMCancelledPauseError } from '../../base/admin-error.ts';
import { reasonOf } from '../../base/errors.ts';
import { qrexecTimeout } from '../properties/local.ts';
import { maxmem } from '../properties/memory.ts';
import type { Qube } from '../qube.ts';
import { preloadStateOf } from './stage.ts';
import type { PreloadState } from './stage.ts';

const SECOND_MS = 1000;

/**
 * Has a disposable that is about to be paused for the stock keep only the memory it needs, where
 * memory can be moved. One that does not give any back is paused all the same.
 * @throws QubesVMCancelledPauseError when somebody waits for it by now
 */
export async function shrinkBeforePause(qube: Qube): Promise<void> {
  const state = preloadStateOf(qube);
  if (state?.progress !== 'waiting') return;
  state.advance('shrinking');
  if (!state.hurry.aborted && qube.get(maxmem) !== 0) await shrink(qube, state.hurry);
  if (state.hurry.aborted) {
    throw new QubesVMCancelledPauseError(
      `Domain pause was cancelled: ${qube.name}: preload was requested before memory request completed`,
    );
  }
  // A person may have paused it as well, and it may be paused by now.
  if (isShrinking(state)) state.advance('pausing');
}

function isShrinking({ progress }: PreloadState): boolean {
  return progress === 'shrinking';
}

async function shrink(qube: Qube, hurry: AbortSignal): Promise<void> {
  const { clock, hypervisor, log, memory } = qube.system;
  const late = new AbortController();
  const callOff = clock.after(qube.get(qrexecTimeout) * SECOND_MS, () => late.abort());
  try {
    const { xid } = hypervisor.domain(qube.uuid);
    await memory.shrink(xid, AbortSignal.any([hurry, late.signal]));
  } catch (error) {
    if (!hurry.aborted) log.warn(`${qube.name}: it keeps its memory: ${reasonOf(error)}`);
  } finally {
    callOff();
  }
}
