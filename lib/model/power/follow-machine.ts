import type { DomainChange } from '../../hypervisor/hypervisor.ts';
import type { App } from '../app.ts';
import { followDevices } from '../behaviour/devices.ts';
import { endExpiry } from '../firewall/expiry.ts';
import type { Qube } from '../qube.ts';
import { sweepDisposables } from '../preload/sweep-disposables.ts';
import { openKeepers } from '../preload/keepers.ts';
import { isOwnDoing } from './own-doing.ts';
import { recoverRun } from './recover-run.ts';
import { isLocal } from './require-local.ts';
import { attempt, settle } from './settle.ts';

/**
 * Follows what happens to qubes, by whomever; to be called once the system is loaded. What has
 * happened while nobody followed is made up for, each qube's own before anything else is done to it.
 * @returns what ends it, and resolves when all is done that is being done to qubes
 */
export function followMachine(app: App): () => Promise<void> {
  let isEnded = false;
  const doing = new Set<Promise<void>>();
  const begin = (qube: Qube, what: string, work: () => Promise<unknown>): void => {
    const done = attempt(qube, what, work).then(() => void doing.delete(done));
    doing.add(done);
  };
  const endWatch = app.hypervisor.watch((uuid, change) => {
    const qube = app.qubes.find(`uuid:${uuid}`);
    if (qube === undefined || isOwnDoing(qube, change)) return;
    begin(qube, `follow that it is ${change}`, () => follow(qube, change));
  });
  for (const qube of app.qubes) {
    if (!isLocal(qube)) continue;
    begin(qube, 'find out how its last run ended', () => recoverRun(qube, () => isEnded));
  }
  const closeKeepers = openKeepers(app);
  const { admin } = app.qubes;
  begin(admin, 'remove what is left of disposables', () => sweepDisposables(app));
  begin(admin, 'follow its devices', () => followDevices(admin));
  return async () => {
    isEnded = true;
    endWatch();
    closeKeepers();
    await Promise.all(doing);
    await app.qubeLock.idle();
    for (const qube of app.qubes) endExpiry(qube);
  };
}

async function follow(qube: Qube, change: DomainChange): Promise<void> {
  if (change === 'stopped') await qube.system.qubeLock.run(qube.name, () => settle(qube));
  if (change === 'paused') await qube.act('domain-paused', {});
  if (change === 'unpaused') await qube.act('domain-unpaused', {});
}
