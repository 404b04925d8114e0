import type { PowerState } from '../hypervisor/hypervisor.ts';
import type { App } from '../model/app.ts';
import { powerState } from '../model/power-state.ts';
import type { Qube } from '../model/qube.ts';

interface Made<Result> {
  readonly version: number;
  readonly states: readonly (readonly [Qube, PowerState])[];
  readonly result: Result;
}

/**
 * Makes something of all qubes, and makes it again only when a version has grown or a qube does
 * something else: that is no change of the store.
 * @param version of all that is looked at; grows when qubes come and go
 */
export function cachedByState<Result>(
  version: (app: App) => number,
  make: (app: App) => Result,
): (app: App) => Result {
  const known = new WeakMap<App, Made<Result>>();
  return (app) => {
    const made = known.get(app);
    const now = version(app);
    if (made?.version === now && areStill(made.states)) return made.result;
    const states = [...app.qubes].map((qube) => [qube, powerState(qube)] as const);
    const result = make(app);
    known.set(app, { version: now, states, result });
    return result;
  };
}

function areStill(states: readonly (readonly [Qube, PowerState])[]): boolean {
  for (const [qube, state] of states) if (powerState(qube) !== state) return false;
  return true;
}
