import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { hasPciDevices } from '../memory-balancing.ts';
import type { Property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { text } from '../rows.ts';
import { fromTemplate } from './from-template.ts';
import { defaultKernel } from './system.ts';
import { templateOf } from './template.ts';

/** Together with the options common to all, it must fit the boot protocol's 1024 characters. */
const MAX_OPTIONS = 512;
const DEFAULT_OPTIONS = 'swiotlb=2048';
const S0IX_OPTION = ' qubes_exp_pm_use_suspend=1';

/** That it is installed is judged before it is set, not when the store is loaded. */
export const kernel: Property<Qube, string> = text<Qube>({
  name: 'kernel',
  doc: 'Kernel of dom0 that the qube starts with; empty for its own. Default: as its template, else default_kernel of the system.',
  defaultOf: fromTemplate(
    () => kernel,
    ({ system }) => system.find(defaultKernel),
  ),
  check: (_, value) => {
    if (!value.includes('/')) return value;
    throw new QubesPropertyValueError("Kernel name cannot contain '/'");
  },
});

export const kernelopts: Property<Qube, string> = text<Qube>({
  name: 'kernelopts',
  stage: 4,
  doc: `Options for the kernel of dom0. Default: none without such a kernel; without PCI devices as its template; else what the kernel itself brings, else ${DEFAULT_OPTIONS} without PCI devices and none with them.`,
  defaultOf: (qube) => {
    const name = qube.find(kernel) ?? '';
    if (name === '') return '';
    const installed = qube.system.storage.kernel(name);
    if (!hasPciDevices(qube)) {
      return templateOf(qube)?.find(kernelopts) ?? installed?.options ?? DEFAULT_OPTIONS;
    }
    const suspends = qube.system.qubes.admin.features.isOn('suspend-s0ix');
    return `${installed?.optionsWithPci ?? ''}${suspends ? S0IX_OPTION : ''}`;
  },
  check: (_, value) => {
    if (value.length <= MAX_OPTIONS) return value;
    throw new QubesPropertyValueError(`Kernelopts value too long (${MAX_OPTIONS} chars max)`);
  },
});
