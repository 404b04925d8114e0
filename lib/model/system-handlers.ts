import { CLOCK_VM } from './behaviour/clock-vm.ts';
import { REMOVAL } from './behaviour/removal.ts';
import { SYSTEM_DEFAULTS } from './behaviour/system-defaults.ts';
import { SYSTEM_NETWORK } from './behaviour/system-network.ts';
import type { Handler } from './events.ts';
import type { System } from './qube.ts';

/** What the system does at its events. */
export const SYSTEM_HANDLERS: readonly Handler<System>[] = [
  ...SYSTEM_NETWORK,
  ...SYSTEM_DEFAULTS,
  ...CLOCK_VM,
  ...REMOVAL,
];
