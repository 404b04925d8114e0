import { QubesValueError, QubesVMNotHaltedError } from '../base/admin-error.ts';
import { readVolume } from '../storage/volume-facts.ts';
import { requireHalted } from './locked-qube.ts';
import { printValue } from './property.ts';
import { templateOf } from './properties/template.ts';
import type { Qube } from './qube.ts';
import { volumeOf } from './qube-volumes.ts';
import { isRunning } from './running.ts';
import { isForgotten } from './volume-info.ts';
import { setAttribute } from './volume-record.ts';

/** No snapshots at all: what a qube writes goes right into its volume. */
const NO_SNAPSHOTS = -1;

/**
 * How many older states of a volume are kept.
 * @throws QubesValueError for less than -1, and for a driver that keeps no such number
 * @throws QubesVMNotHaltedError when snapshots would come or go under a running qube
 */
export function setRevisionsToKeep(qube: Qube, volume: string, count: number): void {
  if (count < NO_SNAPSHOTS) throw new QubesValueError('Invalid value for revisions_to_keep');
  const before = Number(recordOf(qube, volume).get('revisions_to_keep'));
  if (count !== before && (count === NO_SNAPSHOTS || before === NO_SNAPSHOTS)) {
    for (const user of usersOf(qube)) {
      if (isRunning(user)) throw QubesVMNotHaltedError.of(user.name);
    }
  }
  volumeOf(qube, volume).check({ revisionsToKeep: count });
  setAttribute(qube, volume, 'revisions_to_keep', String(count));
}

/** The qube, and the disposables that begin as copies of its volumes. */
function usersOf(qube: Qube): readonly Qube[] {
  if (qube.className !== 'AppVM') return [qube];
  const isBasedOnIt = (other: Qube): boolean =>
    other.className === 'DispVM' && templateOf(other) === qube;
  return [qube, ...[...qube.system.qubes].filter(isBasedOnIt)];
}

/**
 * Whether the qube may write to a volume.
 * @throws QubesVMNotHaltedError
 * @throws QubesValueError for a driver whose volumes nobody writes
 */
export function setWritable(qube: Qube, volume: string, rw: boolean): void {
  requireHalted(qube);
  volumeOf(qube, volume).check({ rw });
  setAttribute(qube, volume, 'rw', printValue(rw));
}

/**
 * Whether a volume is encrypted with a key that is forgotten when the qube stops.
 * @throws QubesValueError for a volume of which more than that run needs something
 */
export function setEphemeral(qube: Qube, volume: string, ephemeral: boolean): void {
  if (ephemeral && !isForgotten(readVolume(recordOf(qube, volume), '0'))) {
    throw new QubesValueError(
      'Cannot enable ephemeral on snap_on_start or save_on_stop or non-dom0 or not writable volume',
    );
  }
  volumeOf(qube, volume).check({ ephemeral });
  setAttribute(qube, volume, 'ephemeral', printValue(ephemeral));
}

function recordOf(qube: Qube, volume: string): ReadonlyMap<string, string> {
  return qube.volumes.get(volume) ?? new Map<string, string>();
}
