import { featureWithTemplate } from '../feature-lookup.ts';
import { vcpus } from '../properties/local.ts';
import { maxmem, memory, stubdomMem, virtMode } from '../properties/memory.ts';
import type { Qube } from '../qube.ts';

/** Of Xen, for each domain and each of its processors; MiB. */
const OVERHEAD = 4;
const OVERHEAD_PER_VCPU = 1.5;
/** Xen keeps two pages of 4 KiB for each MiB a domain may have, unless it is paravirtualised. */
const PAGING_PER_MIB = 8 / 1024;

/** Memory of a device model by default, of Linux or without; and for its screen. MiB. */
const LINUX_STUBDOM = 128;
const MINIMAL_STUBDOM = 28;
const VIDEO = 16;

/** What has to be free for a qube to start, in MiB: its memory, and what goes with it. */
export function memoryNeeded(qube: Qube): number {
  const mode = qube.get(virtMode);
  const initial = qube.get(memory);
  const paging = mode === 'pv' ? 0 : (qube.get(maxmem) || initial) * PAGING_PER_MIB;
  const processors = qube.get(vcpus) * OVERHEAD_PER_VCPU;
  const device = mode === 'hvm' ? deviceModel(qube) : 0;
  return Math.ceil(initial + device + OVERHEAD + processors + paging);
}

function deviceModel(qube: Qube): number {
  const isLinux = featureWithTemplate(qube, 'linux-stubdom') !== '';
  const usual = isLinux ? LINUX_STUBDOM : MINIMAL_STUBDOM;
  return (qube.get(stubdomMem) ?? usual) + VIDEO;
}
