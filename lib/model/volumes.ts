import { join } from 'node:path';

import { QubesVMError } from '../base/admin-error.ts';
import type { Disk } from '../hypervisor/hypervisor.ts';
import type { Volume, VolumeRecord } from '../storage/storage.ts';
import type { Qube } from './qube.ts';
import { sourceOwner, toVolume, toVolumeAlone, volumesOf } from './qube-volumes.ts';
import { isHalted, isRunning } from './running.ts';
import { requireNoImport } from './volume-import.ts';

/**
 * Makes the volumes of a new qube on their disks. If one fails, none is left.
 * @throws StoragePoolException
 */
export async function createVolumes(
  qube: Qube,
  records: ReadonlyMap<string, VolumeRecord>,
): Promise<readonly Volume[]> {
  const created: Volume[] = [];
  try {
    for (const record of records.values()) {
      const volume = toVolume(qube, record);
      created.push(volume);
      await volume.create();
    }
    return created;
  } catch (error) {
    await discardVolumes(created);
    throw error;
  }
}

/**
 * Removes volumes of a qube that does not come to be, also where their pool has gone meanwhile. What
 * resists makes way when a volume of that name is created again.
 */
export async function discardVolumes(volumes: readonly Volume[]): Promise<void> {
  for (const volume of volumes) await volume.remove().catch(() => undefined);
}

/**
 * Removes what is left of a creation that was killed: volumes without any data. What has some stays,
 * for a person to look at.
 * @throws StoragePoolException
 */
export async function removeAbandonedVolumes(
  qube: Qube,
  records: ReadonlyMap<string, VolumeRecord>,
): Promise<void> {
  for (const record of records.values()) {
    const volume = toVolumeAlone(qube, record);
    const isEmpty = (await volume.usage()) === 0 && (await volume.revisions()).length === 0;
    if (isEmpty) await volume.remove();
  }
}

/**
 * Removes the volumes of a qube with all their revisions, also the others when one resists.
 * @throws StoragePoolException of the first that does
 */
export async function removeVolumes(qube: Qube): Promise<void> {
  await each(qube, qube.volumes, (volume) => volume.remove());
}

/**
 * @throws QubesVMError when the folder of the qube is missing
 * @throws StoragePoolException when data are missing that it needs to start
 * @throws AdminError when a handler finds that something else is missing
 */
export async function verifyVolumes(qube: Qube): Promise<void> {
  const { folder, system } = qube;
  if (folder !== undefined && !(await system.storage.hasFolder(folder))) {
    throw new QubesVMError(`VM directory does not exist: ${join(system.storage.folder, folder)}`);
  }
  for (const volume of volumesOf(qube)) await volume.verify();
  qube.fire('domain-verify-files', {});
}

/**
 * Makes the disks of a qube that is about to start. If one cannot be made, it is as if none was.
 * @throws QubesException while somebody imports one: the start would end that
 * @throws QubesVMError when one begins from a volume that is in use without snapshots
 * @throws StoragePoolException
 */
export async function startVolumes(qube: Qube): Promise<readonly Disk[]> {
  for (const record of qube.volumes.values()) await requireSourceAtRest(qube, record);
  for (const volume of volumesOf(qube)) await requireNoImport(qube, volume);
  const started = new Map<string, VolumeRecord>();
  const disks: Disk[] = [];
  try {
    for (const [name, record] of qube.volumes) {
      const volume = toVolume(qube, record);
      started.set(name, record);
      await volume.start();
      const path = await volume.disk();
      if (path !== undefined) disks.push({ name, path, rw: record.get('rw') === 'True' });
    }
  } catch (error) {
    await each(qube, started, (volume) => volume.cancelStart()).catch((failure: unknown) => {
      qube.system.log.warn({ err: failure }, `Volumes of ${qube.name} are left as at its start`);
    });
    throw error;
  }
  return disks;
}

/**
 * Takes back a start that led to nothing: to be called instead of `stopVolumes` when the qube never
 * ran, so that its saved states are still its latest ones.
 * @throws StoragePoolException
 */
export async function cancelVolumes(qube: Qube): Promise<void> {
  await each(qube, qube.volumes, (volume) => volume.cancelStart());
}

/**
 * Saves what a qube did that has stopped, or drops it, volume by volume; also the others when one
 * fails.
 * @throws StoragePoolException of the first that does
 */
export async function stopVolumes(qube: Qube): Promise<void> {
  await each(qube, qube.volumes, (volume) => volume.stop());
}

/** Whether a running qube has a volume that would begin from something newer by now. */
export async function hasOutdatedVolumes(qube: Qube): Promise<boolean> {
  if (isHalted(qube)) return false;
  const outdated = await Promise.all(volumesOf(qube).map((volume) => volume.isOutdated()));
  return outdated.includes(true);
}

async function requireSourceAtRest(qube: Qube, record: VolumeRecord): Promise<void> {
  const { source } = toVolume(qube, record);
  if (source?.snapshotsDisabled !== true) return;
  const owner = sourceOwner(qube, record);
  const isInUse = (owner !== undefined && isRunning(owner)) || (await source.isDirty());
  if (isInUse) throw new QubesVMError(`Volume ${source.vid} is running`);
}

/** Ends something for all of them, one after another, then throws the first error there was. */
async function each(
  qube: Qube,
  records: ReadonlyMap<string, VolumeRecord>,
  work: (volume: Volume) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const record of records.values()) {
    try {
      await work(toVolumeAlone(qube, record));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
