import type { Qube } from './qube.ts';

const WATCHES = new WeakMap<Qube, (() => void)[]>();

/**
 * From now on, what is written to entries in the QubesDB of a running qube is an action of it:
 * `domain-qdb-change:PATH`. Ends with `endWatches`.
 * @param paths of single entries
 */
export async function watchQubesDb(qube: Qube, paths: readonly string[]): Promise<void> {
  const database = await qube.system.qubesdb.open(qube.name);
  if (database === undefined) return;
  for (const path of paths) {
    const end = await database.watch(path, () => {
      qube.act(`domain-qdb-change:${path}`, { path }).catch((error: unknown) => {
        qube.system.log.error({ err: error }, `A change of ${path} in ${qube.name} led to a fault`);
      });
    });
    const others = WATCHES.get(qube);
    if (others === undefined) WATCHES.set(qube, [end]);
    else others.push(end);
  }
}

/** The qube has stopped. */
export function endWatches(qube: Qube): void {
  for (const end of WATCHES.get(qube) ?? []) end();
  WATCHES.delete(qube);
}
