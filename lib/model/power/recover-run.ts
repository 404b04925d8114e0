import { followDevices } from '../behaviour/devices.ts';
import { resumeNetwork } from '../network/resume-network.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb } from '../qubesdb-of.ts';
import { isHalted } from '../running.ts';
import { fillDatabase } from './fill-database.ts';
import { markRun, readRunMark } from './run-mark.ts';
import { beginRun } from './run.ts';
import { attempt, settle } from './settle.ts';

/**
 * Takes up a qube as the last host left it: one that runs goes on, with its database; one whose start
 * broke off is ended; and of one that has stopped meanwhile all is done that follows.
 * @param isOver whether it has become pointless
 */
export async function recoverRun(qube: Qube, isOver: () => boolean): Promise<void> {
  if (!isHalted(qube)) beginRun(qube);
  await qube.system.qubeLock.run(qube.name, async () => {
    if (isOver()) return;
    const mark = await readRunMark(qube);
    const { hypervisor, log } = qube.system;
    if (isHalted(qube)) {
      if (mark === undefined) return;
      log.info(`${qube.name}: it has stopped while nobody was there`);
      beginRun(qube);
    } else {
      if (mark === undefined) await markRun(qube, 'running');
      if (mark !== 'starting') return reopen(qube);
      log.warn(`${qube.name}: its start broke off; it is ended`);
      await hypervisor.destroy(qube.uuid);
    }
    await settle(qube);
  });
}

async function reopen(qube: Qube): Promise<void> {
  const name = await withQubesDb(qube, (database) => database.read('/name'));
  if (name === undefined) {
    // What was in it is lost.
    await qube.system.qubesdb.start(qube);
    await fillDatabase(qube);
    await qube.act('domain-qdb-create', {});
  } else await followDevices(qube);
  await attempt(qube, 'take up its firewall', () => resumeNetwork(qube));
}
