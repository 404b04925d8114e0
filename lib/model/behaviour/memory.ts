import { QubesVMNotHaltedError } from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { hasMemoryHotplug } from '../memory-hotplug.ts';
import { maxmem } from '../properties/memory.ts';
import type { Qube } from '../qube.ts';
import { isHalted } from '../running.ts';

/** An old way to say whether memory may be balanced; `maxmem` took its place. */
const MEMINFO_WRITER = 'service.meminfo-writer';

/** The old way becomes the present one; for dom0, whose memory is fixed, it can only be taken back. */
export const MEMINFO_WRITER_IS_MAXMEM: readonly Handler<Qube>[] = [
  onQube(`domain-feature-set:${MEMINFO_WRITER}`, (qube, { value }) => {
    if (value === '') qube.set(maxmem, 0);
    else qube.reset(maxmem);
    qube.features.delete(MEMINFO_WRITER);
  }),
];

/** What holds for the memory of qubes. */
export const MEMORY: readonly Handler<Qube>[] = [
  ...MEMINFO_WRITER_IS_MAXMEM,
  onQube('property-pre-set:maxmem', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) requireResizable(qube);
  }),
  onQube('property-pre-reset:maxmem', (qube, { oldvalue }) => {
    if (qube.defaultOf(maxmem) !== oldvalue) requireResizable(qube);
  }),
];

function requireResizable(qube: Qube): void {
  if (isHalted(qube) || hasMemoryHotplug(qube)) return;
  throw new QubesVMNotHaltedError(
    `Can't change maxmem of VM ${qube.name}, because it isn't Halted and memory hotplug is forbidden`,
  );
}
