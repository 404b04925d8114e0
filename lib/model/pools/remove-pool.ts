import { QubesPoolInUseError } from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import type { App } from '../app.ts';
import { defaultPool, defaultPools } from '../properties/system.ts';
import { requirePool } from './pool-record.ts';

/**
 * Takes a pool off the list; what is on its disk stays there, and it can be added again.
 * @throws QubesPoolInUseError when a volume is in it, or new volumes would come to it
 */
export function removePool(app: App, name: string): Promise<void> {
  return app.poolLock.run(name, async () => {
    const pool = requirePool(app, name);
    requireUnused(app, name);
    app.apply(() => {
      app.fire('pool-pre-delete', { pool: name });
      app.pools = app.pools.filter((other) => other !== pool);
      app.fire('pool-delete', { pool: name });
    });
    await app.save();
  });
}

function requireUnused(app: App, name: string): void {
  for (const qube of app.qubes) {
    for (const volume of qube.volumes.values()) {
      if (volume.get('pool') === name) {
        throw new QubesPoolInUseError(`Storage pool is in use: ${pythonRepr(name)}`);
      }
    }
  }
  const { kernel, private: own, root, volatile } = defaultPools;
  for (const row of [defaultPool, kernel, own, root, volatile]) {
    if (app.find(row) !== name) continue;
    throw new QubesPoolInUseError(`Storage pool is in use: set as ${row.name}`);
  }
}
