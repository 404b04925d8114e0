import { kernel } from './properties/kernel.ts';
import type { Qube, System } from './qube.ts';

/** Pools of kernels: what a volume in one is follows from the property `kernel`; nobody writes it. */
export const KERNEL_DRIVER = 'linux-kernel';

/**
 * Lets the kernel volumes of all qubes follow their property `kernel`, which may come from the
 * template or the system. To be called when any of these has changed.
 */
export function followKernels(system: System): void {
  for (const qube of system.qubes) followKernel(qube);
}

/** The same for one qube. */
export function followKernel(qube: Qube): void {
  for (const [name, record] of qube.volumes) {
    const pool = qube.system.pool(record.get('pool') ?? '');
    if (pool?.driver !== KERNEL_DRIVER) continue;
    const vid = qube.find(kernel) ?? '';
    if (record.get('vid') !== vid) qube.setVolume(name, new Map(record).set('vid', vid));
  }
}
