import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { followKernel } from '../kernel-volumes.ts';
import { templateOf } from '../properties/template.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
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

/** Disposables are not told of changes of their template; their volumes follow all the same. */
export const KERNEL_OF_DISPOSABLES: readonly Handler<Qube>[] = [
  onQube('property-set:kernel', followKernelsOfDisposables),
  onQube('property-reset:kernel', followKernelsOfDisposables),
];

function followKernelsOfDisposables(qube: Qube): void {
  if (!qube.get(templateForDispvms)) return;
  for (const one of qube.system.qubes) if (templateOf(one) === qube) followKernel(one);
}
