import { autoCleanup } from '../properties/auto-cleanup.ts';
import type { Qube, System } from '../qube.ts';
import { removeHalted } from '../remove-halted.ts';
import { isHalted } from '../running.ts';
import { attempt } from './settle.ts';

/**
 * Removes those disposables which go after use and which the end of the machine kept from it: they
 * were made, and not even started. To be called after a start of the machine, before anybody can make
 * new ones.
 * @returns when they have gone, or cannot
 */
export async function removeLeftDisposables({ qubes }: System): Promise<void> {
  const left = [...qubes].filter((qube) => qube.find(autoCleanup) === true && isHalted(qube));
  await Promise.all(left.map((qube) => attempt(qube, 'remove it', () => removeIfLeft(qube))));
}

/** What ran when the machine ended goes by itself. */
function removeIfLeft(qube: Qube): Promise<void> {
  return qube.system.qubeLock.run(qube.name, async () => {
    if (qube.presence === 'listed' && isHalted(qube)) await removeHalted(qube);
  });
}
