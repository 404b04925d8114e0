import type { Handler } from './events.ts';
import type { System } from './qube.ts';

/** What the system does at its events. */
export const SYSTEM_HANDLERS: readonly Handler<System>[] = [];
