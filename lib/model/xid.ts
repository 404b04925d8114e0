import type { Qube } from './qube.ts';

/** The number of a running qube for the hypervisor, as text. */
export function xidOf({ system, uuid }: Qube): string {
  return String(system.hypervisor.domain(uuid).xid);
}
