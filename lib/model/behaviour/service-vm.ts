import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { providesNetwork } from '../properties/provides-network.ts';
import type { Qube } from '../qube.ts';
import { announceIcon } from './icon.ts';

const FEATURE = 'servicevm';

/** A qube that lends its network to others is a service qube, for menus and icons. */
export const SERVICE_VM: readonly Handler<Qube>[] = [
  onQube('property-set:provides_network', mark),
  onQube('property-reset:provides_network', mark),
];

function mark(qube: Qube): void {
  if (qube.get(providesNetwork)) {
    qube.features.set(FEATURE, true);
    announceIcon(qube);
  } else if (qube.features.delete(FEATURE)) {
    announceIcon(qube);
  }
}
