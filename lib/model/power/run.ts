import type { Qube } from '../qube.ts';

interface Run {
  readonly over: Promise<void>;
  readonly end: () => void;
}

const runs = new WeakMap<Qube, Run>();

/** A qube exists for the hypervisor from now on: one day all that follows from its end has to be done. */
export function beginRun(qube: Qube): void {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  runs.set(qube, { over, end });
}

/**
 * Resolves when the qube has stopped and all that follows from it is done; undefined for one that
 * does not run.
 */
export function endOfRun(qube: Qube): Promise<void> | undefined {
  return runs.get(qube)?.over;
}

/** Lets everybody know who waits for the end. */
export function endRun(qube: Qube): void {
  runs.get(qube)?.end();
  runs.delete(qube);
}
