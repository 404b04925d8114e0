import { SYSTEM_CLOCK } from '../../lib/base/clock.ts';
import type { Doors } from '../../lib/model/app.ts';

/** For systems in which nothing is started ahead of need. */
export const QUIET_DOORS: Pick<Doors, 'clock' | 'memory' | 'services'> = {
  clock: SYSTEM_CLOCK,
  memory: {
    available: () => Promise.resolve(undefined),
    shrink: () => Promise.reject(new Error('There is nobody who moves memory')),
    watch: () => () => undefined,
  },
  services: { call: () => Promise.reject(new Error('There is nothing that calls')) },
};
