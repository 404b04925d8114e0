import type { Qube } from '../qube.ts';
import type { Remainder } from './remainder.ts';

/** What the store has of a qube beyond the model. */
export interface RestOfQube {
  readonly remainder: Remainder | undefined;
  /** Classes for which it has a list of devices, if only an empty one, in its order. */
  readonly deviceClasses: readonly string[];
}

/** What the store has beyond the model: it is kept, and written again where it was. */
export interface RestOfStore {
  readonly system: Remainder | undefined;
  readonly qubes: WeakMap<Qube, RestOfQube>;
}

/** Of a store that says nothing we do not know. */
export function nothingMore(): RestOfStore {
  return { system: undefined, qubes: new WeakMap() };
}
