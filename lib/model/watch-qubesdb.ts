import type { QubesDb } from '../qubesdb/qubesdb.ts';
import type { Qube } from './qube.ts';

const WATCHED = new WeakMap<Qube, QubesDb>();

/**
 * From now on, what is written to entries in the QubesDB of a running qube is an action of it:
 * `domain-qdb-change:PATH`. Ends with `endWatches`.
 * @param paths of single entries, all that are to be watched
 */
export async function watchQubesDb(qube: Qube, paths: readonly string[]): Promise<void> {
  await endWatches(qube);
  const database = await qube.system.qubesdb.open(qube.name);
  if (database === undefined) return;
  WATCHED.set(qube, database);
  for (const path of paths) {
    await database.watch(path, () => {
      qube.act(`domain-qdb-change:${path}`, { path }).catch((error: unknown) => {
        qube.system.log.error({ err: error }, `A change of ${path} in ${qube.name} led to a fault`);
      });
    });
  }
}

/** Ends what was watched of a qube; one that has stopped does not speak any more. */
export async function endWatches(qube: Qube): Promise<void> {
  const database = WATCHED.get(qube);
  WATCHED.delete(qube);
  await database?.close();
}
