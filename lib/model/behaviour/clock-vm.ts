import { onSystem } from '../events.ts';
import type { Handler } from '../events.ts';
import type { PropertyValue } from '../property.ts';
import { clockvm } from '../properties/system.ts';
import { Qube } from '../qube.ts';
import type { System } from '../qube.ts';

const FEATURE = 'service.clocksync';

/** The qube that has the time runs the service that gets it. */
export const CLOCK_VM: readonly Handler<System>[] = [
  onSystem('property-pre-set:clockvm', (_, { newvalue }) => {
    if (newvalue instanceof Qube && !newvalue.features.has(FEATURE)) {
      newvalue.features.set(FEATURE, true);
    }
  }),
  onSystem('property-set:clockvm', relieve),
  onSystem('property-reset:clockvm', relieve),
];

function relieve(system: System, { oldvalue }: { readonly oldvalue?: PropertyValue }): void {
  if (!(oldvalue instanceof Qube) || oldvalue === system.find(clockvm)) return;
  if (oldvalue.features.isOn(FEATURE)) oldvalue.features.delete(FEATURE);
}
