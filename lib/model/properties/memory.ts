import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { canBalanceMemory, hasPciDevices } from '../memory-balancing.ts';
import type { Property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { int, optionalInt, positive, text } from '../rows.ts';
import { fromTemplate } from './from-template.ts';
import { templateOf } from './template.ts';

const DEFAULT_MEMORY = 400;
const DEFAULT_MAXMEM = 4000;
/** Linux cannot grow beyond 10.79 times the memory it started with. */
const LINUX_GROWTH = 10;

const VIRT_MODES = new Set(['hvm', 'pv', 'pvh']);

export const virtMode: Property<Qube, string> = text<Qube>({
  name: 'virt_mode',
  doc: 'How the qube is virtualised: hvm, pv or pvh. Default: hvm with PCI devices, else as its template, else pvh.',
  defaultOf: (qube) => {
    if (hasPciDevices(qube)) return 'hvm';
    return templateOf(qube)?.find(virtMode) ?? 'pvh';
  },
  check: (qube, value) => {
    const mode = value.toLowerCase();
    if (!VIRT_MODES.has(mode)) {
      throw new QubesPropertyValueError(
        'Invalid virtualization mode, supported values: hvm, pv, pvh',
      );
    }
    if (mode === 'pvh' && hasPciDevices(qube)) {
      throw new QubesPropertyValueError("pvh mode can't be set if pci devices are assigned");
    }
    return mode;
  },
});

export const memory: Property<Qube, number> = int<Qube>({
  name: 'memory',
  doc: `Memory the qube starts with, in MiB. Default: as its template, else ${DEFAULT_MEMORY}.`,
  defaultOf: fromTemplate(
    () => memory,
    () => DEFAULT_MEMORY,
  ),
  check: positive('memory'),
});

export const maxmem: Property<Qube, number> = int<Qube>({
  name: 'maxmem',
  doc: `Memory up to which the qube may grow while it runs, in MiB; 0 keeps it as it starts. Default: 0 where its memory cannot be balanced, else as its template, else ${DEFAULT_MAXMEM} (Linux that says so: ${LINUX_GROWTH} times its memory), at most half of the machine's.`,
  defaultOf: (qube) =>
    canBalanceMemory(qube, qube.get(virtMode)) ? fromTemplate(() => maxmem, growthOf)(qube) : 0,
  check: (_, value) => {
    if (value >= 0) return value;
    throw new QubesPropertyValueError('maxmem must be positive or zero');
  },
});

export const stubdomMem = optionalInt<Qube>({
  name: 'stubdom_mem',
  doc: 'Memory of its device model, in MiB; by default the hypervisor decides.',
  default: null,
  check: (holder, value) => (value === null ? null : positive('stubdom_mem')(holder, value)),
});

function growthOf(qube: Qube): number {
  const isLinux = qube.features.get('os') === 'Linux';
  const wanted = isLinux ? qube.get(memory) * LINUX_GROWTH : DEFAULT_MAXMEM;
  return Math.min(wanted, Math.floor(qube.system.hypervisor.host.memoryKiB / 1024 / 2));
}
