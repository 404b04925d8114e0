import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { followKernel } from '../kernel-volumes.ts';
import type { Qube } from '../qube.ts';
import { requireKernel } from '../require-kernel.ts';

/**
 * A kernel must be installed to be chosen; one that is gone later does no harm before the start.
 * The kernel volume follows, also where the choice comes from elsewhere.
 */
export const KERNEL: readonly Handler<Qube>[] = [
  onQube('property-pre-set:kernel', ({ system }, { newvalue }) => requireKernel(system, newvalue)),
  onQube('property-set:kernel', followKernel),
  onQube('property-reset:kernel', followKernel),
];
