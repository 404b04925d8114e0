import type { DomainChange } from '../../hypervisor/hypervisor.ts';
import type { Qube } from '../qube.ts';

const expected = new WeakMap<Qube, DomainChange>();

/**
 * Has the hypervisor change a qube, so that the change is not told a second time by who watches the
 * hypervisor: what follows from it is the caller's affair.
 */
export async function quietly<Result>(
  qube: Qube,
  change: DomainChange,
  work: () => Promise<Result>,
): Promise<Result> {
  expected.set(qube, change);
  try {
    return await work();
  } finally {
    expected.delete(qube);
  }
}

/** Whether somebody here makes this change of a qube. */
export function isOwnDoing(qube: Qube, change: DomainChange): boolean {
  return expected.get(qube) === change;
}
