import type { Qube } from '../qube.ts';
import { settle } from '../power/settle.ts';
import { removeHalted, removeLeftFiles } from '../remove-halted.ts';
import { isHalted } from '../running.ts';

/**
 * Ends a disposable whatever it does, and removes it; one that is gone is as it should be.
 * @throws AdminError when machine, store or disk refuse
 */
export async function endDisposable(qube: Qube): Promise<void> {
  const { hypervisor, qubeLock } = qube.system;
  // Now, not in its turn: one that is starting ends its start with that.
  if (!isHalted(qube)) await hypervisor.destroy(qube.uuid);
  await qubeLock.run(qube.name, async () => {
    if (!isHalted(qube)) await hypervisor.destroy(qube.uuid);
    await settle(qube);
    await (qube.presence === 'listed' ? removeHalted(qube) : removeLeftFiles(qube));
  });
}
