import { QubesException, QubesVMCancelledPauseError } from '../../base/admin-error.ts';
import { applyDeferredNetvm, isDeferred } from '../network/deferred-netvm.ts';
import { standStill, unpauseQube } from '../power/pause-qube.ts';
import { startQube } from '../power/start-qube.ts';
import { resumeQube } from '../power/suspend-qube.ts';
import { killed, whileItLives } from '../power/while-it-lives.ts';
import { powerState } from '../power-state.ts';
import { isPreload } from '../properties/is-preload.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { isPaused, isRunning } from '../running.ts';
import { awaitServices } from './await-services.ts';
import { unlist } from './dismiss.ts';
import { COMPLETED, IN_PROGRESS, INTERNAL } from './preload-features.ts';
import type { PreloadState } from './stage.ts';

/**
 * Brings a disposable from its creation to where it can be handed over: started, its services up,
 * and paused; what is left of that is skipped once somebody waits for it.
 * @param closed ends it, when the host ends: the next one finds how far it came
 * @throws AdminError when it cannot be, or was ended meanwhile
 */
export async function startUp(state: PreloadState, closed: AbortSignal): Promise<void> {
  const { qube, hurry } = state;
  state.advance('starting');
  await startQube(qube);
  requireKept(state);
  state.advance('waiting');
  if (!hurry.aborted) await whileAwake(qube, AbortSignal.any([hurry, closed]));
  closed.throwIfAborted();
  requireKept(state);
  const hasPaused = !hurry.aborted && (await pauseUnlessRequested(qube));
  requireKept(state);
  await complete(state);
  if (hasPaused) await qube.act('domain-paused', {});
}

/**
 * Takes a disposable out of the stock for somebody: nobody else gets it from now on.
 * @throws QubesException when that cannot be saved; nothing has changed then
 */
export async function claim(state: PreloadState): Promise<void> {
  const { qube } = state;
  const { system } = qube;
  system.apply(() => {
    qube.features.set(IN_PROGRESS, true);
    unlist(requireTemplate(qube), [qube.name], 'it was requested');
    state.turn('requested');
    announceUse(qube);
  });
  await system.save();
  state.hurryUp();
}

/**
 * Hands a claimed disposable over, which is up: it goes on, and all see it.
 * @param adopt part of the same change of the store
 * @throws AdminError when it cannot go on, or that cannot be saved
 */
export async function handOver(state: PreloadState, adopt: (qube: Qube) => void): Promise<void> {
  const { qube } = state;
  if (isPaused(qube)) await unpauseQube(qube);
  else if (powerState(qube) === 'Suspended') await resumeQube(qube);
  if (!isRunning(qube)) throw killed(qube);
  await use(
    state,
    () => announceUse(qube),
    () => {
      qube.features.delete(IN_PROGRESS);
      adopt(qube);
    },
  );
  // Nobody is to get one that has ended while that was saved.
  if (!isRunning(qube)) throw killed(qube);
}

/** Counts a disposable of the stock as used that goes on without having been asked for. */
export async function useUnasked(state: PreloadState): Promise<void> {
  const { qube } = state;
  qube.system.log.warn(`${qube.name}: used before it was requested`);
  await use(
    state,
    () => unlist(requireTemplate(qube), [qube.name], 'it is used without having been requested'),
    () => qube.features.set(IN_PROGRESS, false),
  );
}

/** @param first what goes with its being shown @param last what goes with its having its network */
async function use(state: PreloadState, first: () => void, last: () => void): Promise<void> {
  const { qube } = state;
  const { system } = qube;
  const mustMove = isDeferred(qube);
  system.apply(() => {
    if (!requireTemplate(qube).features.isOn(INTERNAL)) qube.features.delete(INTERNAL);
    state.turn('used');
    first();
    if (!mustMove) last();
  });
  await system.save();
  if (!mustMove) return;
  // Not before it counts as used, and not after somebody works in it.
  await applyDeferredNetvm(qube);
  system.apply(last);
  await system.save();
}

async function whileAwake(qube: Qube, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  try {
    await whileItLives(qube, awaitServices(qube, AbortSignal.any([signal, over.signal])));
  } finally {
    over.abort();
  }
}

/** Whether it goes on, or has, although nobody has asked for it: it is somebody's. */
export function goesOnUnasked({ hasGoneOn, qube, stage }: PreloadState): boolean {
  return hasGoneOn || (stage === 'ready' && isRunning(qube) && !isStandingStill(qube));
}

/** @returns whether it stands still now by that */
async function pauseUnlessRequested(qube: Qube): Promise<boolean> {
  if (isStandingStill(qube)) return false;
  try {
    await standStill(qube);
    return true;
  } catch (error) {
    if (error instanceof QubesVMCancelledPauseError) return false;
    throw error;
  }
}

function isStandingStill(qube: Qube): boolean {
  return isPaused(qube) || powerState(qube) === 'Suspended';
}

async function complete(state: PreloadState): Promise<void> {
  const { qube } = state;
  const { system } = qube;
  system.apply(() => {
    qube.features.set(COMPLETED, true);
    if (state.stage !== 'requested') qube.features.set(IN_PROGRESS, false);
  });
  await system.save();
  state.advance('ready');
}

function requireKept({ qube, stage }: PreloadState): void {
  if (!isRunning(qube)) throw killed(qube);
  if (stage === 'discarded') throw new QubesException(`${qube.name} is not wanted any more`);
}

function announceUse(qube: Qube): void {
  qube.fire(`property-reset:${isPreload.name}`, { name: isPreload.name });
}

function requireTemplate(qube: Qube): Qube {
  const template = templateOf(qube);
  if (template === undefined) throw new Error(`${qube.name} is a disposable of nothing`);
  return template;
}
