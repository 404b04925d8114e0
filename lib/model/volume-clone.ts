import { QubesVolumeCopyTokenNotFoundError, StoragePoolException } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import { CloneTokens } from './clone-tokens.ts';
import type { CloneSource } from './clone-tokens.ts';
import { requireHalted, withLockedQube } from './locked-qube.ts';
import type { Qube, System } from './qube.ts';
import { volumeOf } from './qube-volumes.ts';
import { isRunning } from './running.ts';
import { noteSize, requireNoImport } from './volume-import.ts';

const tokens = new WeakMap<System, CloneTokens>();

/** Gives a token with which this volume can be copied once. */
export function giveCloneToken(qube: Qube, volume: string): string {
  return tokensOf(qube.system).give({ qube, volume });
}

/**
 * The volume that a token stands for, which is used up by that.
 * @throws QubesVolumeCopyTokenNotFoundError also when the volume is gone
 */
export function takeCloneToken(system: System, untrustedToken: string): CloneSource {
  const source = tokensOf(system).take(untrustedToken);
  const isThere = source?.qube.presence === 'listed' && source.qube.volumes.has(source.volume);
  if (source !== undefined && isThere) return source;
  // The reference's message arrives between quotes, and clients may match it.
  throw new QubesVolumeCopyTokenNotFoundError(
    pythonRepr('Token to clone volume of qube was not found'),
  );
}

/**
 * Gives a volume of a halted qube the saved content of another volume.
 * @throws QubesVMNotHaltedError
 * @throws StoragePoolException for a source that is written right now, and when a disk refuses
 */
export function cloneVolume(qube: Qube, name: string, source: CloneSource): Promise<void> {
  return withLockedQube(qube, async () => {
    requireHalted(qube);
    const volume = volumeOf(qube, name);
    const from = volumeOf(source.qube, source.volume);
    if (from.snapshotsDisabled && isRunning(source.qube)) {
      throw new StoragePoolException(
        `Volume ${from.vid} must be stopped before importing its data`,
      );
    }
    await requireNoImport(qube, volume);
    await volume.importVolume(from);
    await noteSize(qube, volume);
    qube.fire('domain-import-volume', { name, source: from.vid });
    await qube.system.save();
  });
}

function tokensOf(system: System): CloneTokens {
  const known = tokens.get(system);
  if (known !== undefined) return known;
  const none = new CloneTokens();
  tokens.set(system, none);
  return none;
}
