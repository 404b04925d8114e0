import { featureWithTemplate } from './feature-lookup.ts';
import { kernel } from './properties/kernel.ts';
import { virtMode } from './properties/memory.ts';
import type { Qube } from './qube.ts';

/** Kernels of dom0 that only load the qube's own, by the mode they are for. */
const BOOT_LOADERS: Readonly<Record<string, string>> = { pvh: 'pvgrub2-pvh', pv: 'pvgrub2' };

/**
 * Whether memory can be added to a qube while it runs: as its feature `memory-hotplug` says, else
 * as its kernel can.
 */
export function hasMemoryHotplug(qube: Qube): boolean {
  if (!qube.system.hypervisor.host.balancesMemory) return false;
  const wanted = featureWithTemplate(qube, 'memory-hotplug');
  if (wanted !== undefined) return wanted !== '';
  const mode = qube.get(virtMode);
  // Emulated devices do not work with it.
  if (mode === 'hvm') return false;
  const name = qube.find(kernel) ?? '';
  if (name === '' || name === BOOT_LOADERS[mode]) {
    return (featureWithTemplate(qube, 'supported-feature.memory-hotplug') ?? '') !== '';
  }
  return qube.system.storage.kernel(name)?.supportsMemoryHotplug === true;
}
