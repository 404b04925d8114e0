import type { App } from '../app.ts';
import type { Dustbin } from './dustbin.ts';
import type { MemoryShare } from './memory-share.ts';

/** What all keepers of a system have in common. */
export interface Shared {
  readonly app: App;
  readonly dustbin: Dustbin;
  readonly memory: MemoryShare;
  /** Aborted when the host ends: what is left is for the next one. */
  readonly closed: AbortSignal;
  /** Whether nothing is to be started at present: the machine goes to sleep. */
  readonly isHeld: () => boolean;
}
