import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';
import { fillDatabase } from './fill-database.ts';
import { markRun, readRunMark } from './run-mark.ts';
import { beginRun } from './run.ts';
import { settle } from './settle.ts';

/**
 * Takes up a qube as the last host left it: one that runs goes on, with its database; one whose start
 * broke off is ended; and of one that has stopped meanwhile all is done that follows.
 * @param isOver whether it has become pointless
 */
export async function recoverRun(qube: Qube, isOver: () => boolean): Promise<void> {
  if (isRunning(qube)) beginRun(qube);
  await qube.system.qubeLock.run(qube.name, async () => {
    if (isOver()) return;
    const mark = await readRunMark(qube);
    if (isRunning(qube) && mark !== 'starting') return reopen(qube);
    if (mark === undefined) return;
    const { hypervisor, log } = qube.system;
    if (isRunning(qube)) {
      log.warn(`${qube.name}: its start broke off; it is ended`);
      await hypervisor.destroy(qube.uuid);
    } else {
      log.info(`${qube.name}: it has stopped while nobody was there`);
      beginRun(qube);
    }
    await settle(qube);
  });
}

async function reopen(qube: Qube): Promise<void> {
  const { qubesdb } = qube.system;
  if ((await qubesdb.open(qube.name)) === undefined) {
    await qubesdb.start(qube);
    await fillDatabase(qube);
    await qube.act('domain-qdb-create', {});
  }
  if ((await readRunMark(qube)) === undefined) await markRun(qube, 'running');
}
