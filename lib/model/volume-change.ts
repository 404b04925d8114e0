import { StoragePoolException } from '../base/admin-error.ts';
import { refreshStocks } from './behaviour/preload.ts';
import { reasonOf } from '../base/errors.ts';
import { NoServiceError } from '../base/qube-services.ts';
import { callService, hasServices } from './call-service.ts';
import { isPaused, isRunning } from './running.ts';
import { withLockedQube } from './locked-qube.ts';
import type { Qube } from './qube.ts';
import { volumeOf } from './qube-volumes.ts';
import { noteSize, requireNoImport } from './volume-import.ts';
import { setAttribute } from './volume-record.ts';

/** A file system of terabytes takes its time. */
const FIT_SECONDS = 600;

/**
 * Makes a volume larger or smaller, also while the qube runs.
 * @param size bytes
 * @throws StoragePoolException for a volume that is not written, and when the disk refuses; also when
 * the volume has its size, but what is in it could not be made to fit
 */
export async function resizeVolume(qube: Qube, name: string, size: number): Promise<void> {
  await withLockedQube(qube, async () => {
    const { system } = qube;
    const volume = volumeOf(qube, name);
    await requireNoImport(qube, volume);
    await volume.resize(size);
    system.apply(() => setAttribute(qube, name, 'size', String(size)));
    await system.save();
    refreshStocks(qube);
  });
  if (isRunning(qube) && !isPaused(qube) && hasServices(qube)) await fitFileSystem(qube, name);
}

/** Has a running qube make the file system in a volume as large as that is now. */
async function fitFileSystem(qube: Qube, name: string): Promise<void> {
  try {
    await callService(qube, 'qubes.ResizeDisk', FIT_SECONDS, { input: name });
  } catch (error) {
    // A qube without it has none that could be told.
    if (error instanceof NoServiceError) return;
    throw new StoragePoolException(
      `Online resize of volume ${name} failed (you need to resize filesystem manually): ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** Ids of the older states of a volume, the oldest first. */
export async function listRevisions(qube: Qube, name: string): Promise<readonly string[]> {
  return (await volumeOf(qube, name).revisions()).map(({ id }) => id);
}

/**
 * Makes a volume what it was.
 * @throws StoragePoolException when there is no such revision, the volume is in use, or the disk
 * refuses
 */
export function revertVolume(qube: Qube, name: string, revision: string): Promise<void> {
  return withLockedQube(qube, async () => {
    const volume = volumeOf(qube, name);
    if (!(await listRevisions(qube, name)).includes(revision)) {
      throw new StoragePoolException(
        `The volume ${name} of ${qube.name} has no revision ${revision}`,
      );
    }
    await requireNoImport(qube, volume);
    await volume.revert(revision);
    await noteSize(qube, volume);
    await qube.system.save();
    refreshStocks(qube);
  });
}
