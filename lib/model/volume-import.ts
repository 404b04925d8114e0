import { setTimeout as sleep } from 'node:timers/promises';

import { QubesException } from '../base/admin-error.ts';
import { isOpenSomewhere } from '../storage/is-open.ts';
import type { Volume } from '../storage/storage.ts';
import { requireHalted, withLockedQube } from './locked-qube.ts';
import type { Qube } from './qube.ts';
import { volumeOf } from './qube-volumes.ts';
import { setAttribute } from './volume-record.ts';

/** Milliseconds in which whoever began an import opens the file, even on a busy machine. */
const TIME_TO_OPEN = 3000;
/** Milliseconds between two looks. */
const STEP = 50;

/** An import that has begun. Who does it keeps the file open until it has ended the import. */
interface Import {
  readonly path: string;
  /** By a clock that never goes back. */
  readonly begun: number;
}

/** By the volume's name. They are gone with the qube, and with this process. */
const underWay = new WeakMap<Qube, Map<string, Import>>();

/** Where new content is to be written. */
export interface ImportTarget {
  /** Bytes it must have. */
  readonly size: number;
  readonly path: string;
}

/**
 * Begins to import a volume of a halted qube. The old content stays until `endImport`. An import of
 * the same volume whose process is gone is given up for this one.
 * @param wanted bytes of the new content; by default those of the volume
 * @throws QubesVMNotHaltedError
 * @throws QubesException when somebody imports it now
 */
export function beginImport(qube: Qube, name: string, wanted?: number): Promise<ImportTarget> {
  return withLockedQube(qube, async () => {
    requireHalted(qube);
    return begin(qube, volumeOf(qube, name), wanted);
  });
}

async function begin(qube: Qube, volume: Volume, wanted?: number): Promise<ImportTarget> {
  await requireNoImport(qube, volume);
  const size = wanted ?? (await volume.size());
  const path = await volume.importBegin(size);
  importsOf(qube).set(volume.name, { path, begun: performance.now() });
  qube.fire('domain-volume-import-begin', { volume: volume.name, size });
  return { size, path };
}

/**
 * Ends an import: the volume has the new content, or still the old one.
 * @throws QubesException when none has begun, as after a restart of this process
 * @throws QubesVMNotHaltedError when the qube was started meanwhile; the old content stays then
 * @throws StoragePoolException when the disk refuses; likewise
 */
export function endImport(qube: Qube, name: string, success: boolean): Promise<void> {
  return withLockedQube(qube, async () => {
    const volume = volumeOf(qube, name);
    if (!importsOf(qube).has(name)) {
      // What an earlier process of the daemon has left, if anything.
      await volume.importEnd(false).catch(() => undefined);
      throw new QubesException(`No import of the volume ${name} of ${qube.name} is under way`);
    }
    await end(qube, volume, success);
  });
}

async function end(qube: Qube, volume: Volume, success: boolean): Promise<void> {
  importsOf(qube).delete(volume.name);
  try {
    if (success) await commit(qube, volume);
    else await volume.importEnd(false);
  } catch (error) {
    qube.fire('domain-volume-import-end', { volume: volume.name, success: false });
    throw error;
  }
  qube.fire('domain-volume-import-end', { volume: volume.name, success });
  await qube.system.save();
}

async function commit(qube: Qube, volume: Volume): Promise<void> {
  try {
    requireHalted(qube);
  } catch (error) {
    // Its start has mostly removed it.
    await volume.importEnd(false).catch(() => undefined);
    throw error;
  }
  await volume.importEnd(true);
  await noteSize(qube, volume);
}

/** The size of a volume as it is now becomes that of the record; to be saved. */
export async function noteSize(qube: Qube, volume: Volume): Promise<void> {
  const size = await volume.size();
  qube.system.apply(() => setAttribute(qube, volume.name, 'size', String(size)));
}

/**
 * Empties a volume of a halted qube; its size stays.
 * @throws QubesVMNotHaltedError
 * @throws QubesException when somebody imports it now
 */
export function clearVolume(qube: Qube, name: string): Promise<void> {
  return withLockedQube(qube, async () => {
    requireHalted(qube);
    const volume = volumeOf(qube, name);
    await begin(qube, volume);
    await end(qube, volume, true);
  });
}

/**
 * Gives up an import that nobody does any more. Who has just begun gets time to open the file.
 * @throws QubesException when somebody does it
 */
export async function requireNoImport(qube: Qube, volume: Volume): Promise<void> {
  const known = importsOf(qube).get(volume.name);
  if (known === undefined) return;
  do {
    if (await isOpenSomewhere(known.path)) {
      throw new QubesException(
        `The volume ${volume.name} of ${qube.name} is being imported already`,
      );
    }
    await sleep(STEP);
  } while (performance.now() < known.begun + TIME_TO_OPEN);
  importsOf(qube).delete(volume.name);
  // What is left of it may be gone, too.
  await volume.importEnd(false).catch(() => undefined);
  qube.fire('domain-volume-import-end', { volume: volume.name, success: false });
}

function importsOf(qube: Qube): Map<string, Import> {
  const known = underWay.get(qube);
  if (known !== undefined) return known;
  const none = new Map<string, Import>();
  underWay.set(qube, none);
  return none;
}
