import { KeyedLock } from '../base/keyed-lock.ts';
import type { QubesDb } from '../qubesdb/qubesdb.ts';
import type { Qube } from './qube.ts';
import { isRunning } from './running.ts';

/** Held, by UUID, while the database of a qube is written: what was decided later is written later. */
const writing = new KeyedLock();

/**
 * Works on the database of a qube that runs; other work on it waits.
 * @returns undefined when the qube has none: it does not run
 */
export function withQubesDb<Result>(
  { system, name, uuid }: Qube,
  work: (database: QubesDb) => Promise<Result>,
): Promise<Result | undefined> {
  return writing.run(uuid, async () => {
    const database = await system.qubesdb.open(name);
    return database === undefined ? undefined : work(database);
  });
}

/**
 * Writes an entry of a running qube's database when the change that it follows from is on disk.
 * Nothing happens for a qube that does not run.
 * @param value undefined removes the entry, or with a `/` at the end of the path all below it
 */
export function writeLater(qube: Qube, path: string, value: string | undefined): void {
  if (!isRunning(qube)) return;
  qube.system.later(async () => {
    await withQubesDb(qube, (database) =>
      value === undefined ? database.remove(path) : database.write(path, value),
    );
  });
}
