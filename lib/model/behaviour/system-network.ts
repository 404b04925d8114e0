import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { onSystem } from '../events.ts';
import type { Handler } from '../events.ts';
import { isUpstream, netvm, requireNetwork } from '../properties/netvm.ts';
import type { PropertyValue } from '../property.ts';
import { Qube } from '../qube.ts';
import type { System } from '../qube.ts';

/**
 * A new default netvm is one for every qube that goes by it: each may veto, and each is told. The
 * rules are not the row's own, for a store may have a default from before they were kept.
 */
export const SYSTEM_NETWORK: readonly Handler<System>[] = [
  onSystem('property-pre-set:default_netvm', (system, { newvalue, oldvalue }) => {
    const wanted = newvalue instanceof Qube ? newvalue : null;
    requireNetwork(wanted);
    if (wanted !== null) requireNoLoops(system, wanted);
    ask(system, wanted, oldvalue);
  }),
  onSystem('property-pre-reset:default_netvm', (system, { oldvalue }) =>
    ask(system, null, oldvalue),
  ),
  onSystem('property-set:default_netvm', (system, { oldvalue }) => tell(system, oldvalue)),
  onSystem('property-reset:default_netvm', (system, { oldvalue }) => tell(system, oldvalue)),
];

function requireNoLoops(system: System, wanted: Qube): void {
  for (const qube of followers(system)) {
    // The default of templates is none.
    if (qube.className !== 'TemplateVM' && isUpstream(qube, wanted)) {
      throw new QubesPropertyValueError(`Network loop on '${qube.name}'`);
    }
  }
}

function ask(system: System, newvalue: Qube | null, oldvalue: PropertyValue = null): void {
  for (const qube of followers(system)) {
    qube.fire('property-pre-set:netvm', { name: netvm.name, newvalue, oldvalue });
  }
}

function tell(system: System, oldvalue: PropertyValue = null): void {
  for (const qube of followers(system)) {
    qube.fire('property-reset:netvm', { name: netvm.name, oldvalue });
  }
}

/** Templates are among them, as for the reference. */
function* followers({ qubes }: System): Generator<Qube> {
  for (const qube of qubes) if (qube.has(netvm) && qube.isDefault(netvm)) yield qube;
}
