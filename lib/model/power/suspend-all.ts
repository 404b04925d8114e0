import { QubesException } from '../../base/admin-error.ts';
import { tellQube } from '../call-service.ts';
import { powerState } from '../power-state.ts';
import type { Qube, System } from '../qube.ts';
import { preloadAll } from '../preload/preload-templates.ts';
import { goesOnUnasked } from '../preload/preloaded.ts';
import { keepersOf } from '../preload/registry.ts';
import { preloadStateOf } from '../preload/stage.ts';
import { isRunning } from '../running.ts';
import { isLocal } from './require-local.ts';
import { markRun, readRunMark } from './run-mark.ts';
import { attempt } from './settle.ts';
import { reasonOf } from './to-admin-error.ts';
import { BEFORE_SLEEP, fallAsleep, resumeQube } from './suspend-qube.ts';

/**
 * Sends all running qubes to sleep before the machine does, and notes which: those that stood still
 * already stay so when it wakes. The others are told first. Disposables that wait for their use go;
 * when it wakes, new ones are started.
 * @throws QubesException that names those which could not be, when all others sleep
 */
export async function suspendAll(system: System): Promise<void> {
  await keepersOf(system)?.hold();
  const awake = [...system.qubes].filter(isAwake);
  await tellAll(awake, 'qubes.SuspendPreAll');
  const failures = await Promise.all(awake.map(suspendOne));
  const failed = failures.filter((failure) => failure !== undefined);
  if (failed.length === 0) return;
  throw new QubesException(`Failed to suspend some qubes: \n${failed.join('\n')}`);
}

/** Wakes those that `suspendAll` sent to sleep, and then tells all that do not stand still. */
export async function resumeAll(system: System): Promise<void> {
  const release = keepersOf(system)?.release();
  const asleep = [...system.qubes].filter((qube) => isLocal(qube) && standsStill(qube));
  await Promise.all(asleep.map((qube) => attempt(qube, 'wake it', () => resumeOne(qube))));
  const awake = [...system.qubes].filter(isAwake);
  await tellAll(awake, 'qubes.SuspendPostAll');
  release?.();
  void preloadAll(system, 'system resumed');
}

/** @returns why it could not be done; one that has ended meanwhile is as it should be */
async function suspendOne(qube: Qube): Promise<string | undefined> {
  if (!isAwake(qube)) return undefined;
  try {
    await tellQube(qube, BEFORE_SLEEP);
    // One that is starting, or starts anew meanwhile, would forget the mark; one that is being removed
    // would get its folder again.
    await qube.system.qubeLock.run(qube.name, async () => {
      if (!isAwake(qube)) return;
      await markRun(qube, 'asleep');
      await fallAsleep(qube);
    });
    return undefined;
  } catch (error) {
    if (!isRunning(qube)) return undefined;
    qube.system.log.error({ err: error }, `${qube.name}: cannot be suspended`);
    return `${qube.name}: ${reasonOf(error)}`;
  }
}

async function resumeOne(qube: Qube): Promise<void> {
  if ((await readRunMark(qube)) !== 'asleep') return;
  if (standsStill(qube) && !waitsForUse(qube)) await resumeQube(qube);
  if (isRunning(qube)) await markRun(qube, 'running');
}

/** Whether it goes on sleeping: awake it would count as used. */
function waitsForUse(qube: Qube): boolean {
  const state = preloadStateOf(qube);
  return state?.stage === 'ready' && !goesOnUnasked(state);
}

async function tellAll(qubes: readonly Qube[], service: string): Promise<void> {
  await Promise.all(qubes.map((qube) => tellQube(qube, service)));
}

function isAwake(qube: Qube): boolean {
  return isLocal(qube) && isRunning(qube) && !standsStill(qube);
}

function standsStill(qube: Qube): boolean {
  const state = powerState(qube);
  return state === 'Paused' || state === 'Suspended';
}
