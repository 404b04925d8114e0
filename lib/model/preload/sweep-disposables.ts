import { reasonOf } from '../../base/errors.ts';
import type { PoolRecord } from '../../storage/storage.ts';
import type { App } from '../app.ts';
import { DISP_VM } from '../classes/disp-vm.ts';
import { isNameOfDispid } from '../dispids.ts';
import { KERNEL_DRIVER } from '../kernel-volumes.ts';
import { vidOf } from '../lay-out-volumes.ts';
import { toPool } from '../qube-volumes.ts';

/** Where something is left of a disposable: its folder, which is made first and goes last. */
interface Left {
  readonly name: string;
  readonly folder: string;
}

/**
 * Removes what is on disk of unnamed disposables that are in no store: the host was killed while it
 * made or removed them. Which these are is told by their folders. Pools are not searched: others may
 * have volumes there, with names of the same kind.
 */
export async function sweepDisposables(app: App): Promise<void> {
  const parent = DISP_VM.folder;
  if (parent === undefined) return;
  for (const name of await app.storage.listFolders(parent)) {
    if (isNameOfDispid(name)) await sweep(app, { name, folder: `${parent}/${name}` });
  }
}

/** The lock is held by whoever makes one of that name just now. */
function sweep(app: App, left: Left): Promise<void> {
  return app.qubeLock.run(left.name, async () => {
    const { name, folder } = left;
    if (app.qubes.find(name) !== undefined) return;
    app.log.info(`${name}: its files are left of a disposable that there is not; they are removed`);
    let isGone = true;
    for (const pool of poolsElsewhere(app)) isGone = (await removeFrom(app, pool, left)) && isGone;
    await app.hypervisor.forget({ name });
    // What resists is tried again by the next host.
    if (isGone) await app.storage.removeFolder(folder);
  });
}

/** Pools that can have volumes of it and are not in the system's own folder, which goes as a whole. */
function poolsElsewhere({ pools, storage }: App): readonly PoolRecord[] {
  return pools.filter(
    ({ driver, config }) =>
      driver !== KERNEL_DRIVER &&
      storage.drivers.some(({ name }) => name === driver) &&
      config.get('dir_path') !== storage.folder,
  );
}

/** @returns whether nothing is left there */
async function removeFrom(app: App, pool: PoolRecord, left: Left): Promise<boolean> {
  try {
    for (const name of volumeNames(app)) {
      // Drivers remove whatever they may have made of such a volume.
      const facts = { name, pool: pool.name, vid: vidOf(left, pool, name), save_on_stop: 'True' };
      const record = new Map(Object.entries(facts));
      await toPool(app, pool).volume(record, undefined).remove();
    }
    return true;
  } catch (error) {
    app.log.warn(`${left.name}: something may be left in pool ${pool.name}: ${reasonOf(error)}`);
    return false;
  }
}

/** A template may have more volumes than its class, and its disposables get them as well. */
function volumeNames({ qubes }: App): ReadonlySet<string> {
  const own = DISP_VM.volumes.map(({ name }) => name);
  return new Set([...own, ...[...qubes].flatMap(({ volumes }) => [...volumes.keys()])]);
}
