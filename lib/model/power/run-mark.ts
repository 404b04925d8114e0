import type { Qube } from '../qube.ts';

/**
 * How far a run has come, kept beside the qube's files, so that a host that is started again knows
 * what its predecessor left: `starting` until all of the start is done, `asleep` while the machine
 * sleeps; nothing for a qube whose last run is over.
 */
export type RunMark = 'starting' | 'running' | 'asleep';

const FILE = 'run';

export async function markRun(qube: Qube, mark: RunMark | undefined): Promise<void> {
  const { folder, system } = qube;
  if (folder !== undefined) await system.storage.writeText(folder, FILE, mark ?? '');
}

export async function readRunMark({ folder, system }: Qube): Promise<RunMark | undefined> {
  const text = folder === undefined ? undefined : await system.storage.readText(folder, FILE);
  return MARKS.find((mark) => mark === text);
}

const MARKS: readonly RunMark[] = ['starting', 'running', 'asleep'];
