import type { App } from '../model/app.ts';

interface Made<Result> {
  readonly version: number;
  /** Of the hypervisor: what qubes do is no change of the store. */
  readonly stateVersion: number;
  readonly result: Result;
}

/**
 * Makes something of all qubes, and makes it again only when a version has grown or a qube does
 * something else.
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
    const stateVersion = app.hypervisor.version;
    if (made?.version === now && made.stateVersion === stateVersion) return made.result;
    const result = make(app);
    known.set(app, { version: now, stateVersion, result });
    return result;
  };
}
