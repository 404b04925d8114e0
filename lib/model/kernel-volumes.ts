import { kernel } from './properties/kernel.ts';
import type { Qube } from './qube.ts';

/** Pools of kernels: what a volume in one is follows from the property `kernel`; nobody writes it. */
export const KERNEL_DRIVER = 'linux-kernel';

/**
 * Lets the kernel volume of a qube follow its property `kernel`, which may come from the template or
 * the system. To be called when any of these has changed.
 */
export function followKernel(qube: Qube): void {
  for (const [name, record] of qube.volumes) {
    const pool = qube.system.pool(record.get('pool') ?? '');
    if (pool?.driver !== KERNEL_DRIVER) continue;
    const vid = qube.find(kernel) ?? '';
    if (record.get('vid') !== vid) qube.setVolume(name, new Map(record).set('vid', vid));
  }
}
