import type { PowerState } from '../hypervisor/hypervisor.ts';
import type { Qube } from './qube.ts';

/** What a qube is doing. dom0 always runs, and so, as far as is known here, does a qube elsewhere. */
export function powerState({ klass, system, uuid }: Qube): PowerState {
  if (klass.name === 'AdminVM' || klass.name === 'RemoteVM') return 'Running';
  return system.hypervisor.domain(uuid).state;
}
