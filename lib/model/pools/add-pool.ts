import { QubesPoolInUseError } from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import type { PoolDriver, PoolRecord } from '../../storage/storage.ts';
import type { App } from '../app.ts';
import { toPool } from '../qube-volumes.ts';

/** What `admin.pool.Add` asks for. */
export interface WantedPool {
  readonly name: string;
  readonly driver: PoolDriver;
  /** In the words of the driver; not yet judged by it. */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Adds a pool to the system, and makes what it needs on its disk.
 * @throws QubesPoolInUseError when there is one of that name
 * @throws AdminError for options the driver does not take; when disk or store refuse
 */
export function addPool(app: App, { name, driver, options }: WantedPool): Promise<void> {
  return app.poolLock.run(name, async () => {
    requireUnused(app, name);
    const config = driver.configOf(name, options);
    const record: PoolRecord = { name, driver: driver.name, config };
    const pool = toPool(app, record);
    await pool.setup(options);
    try {
      app.apply(() => {
        app.pools = [...app.pools, record];
        app.fire('pool-add', { pool: name });
      });
      await app.save();
    } catch (error) {
      // What cannot be taken away harms nobody.
      await pool.destroy().catch(() => undefined);
      throw error;
    }
  });
}

function requireUnused(app: App, name: string): void {
  if (app.pool(name) === undefined) return;
  throw new QubesPoolInUseError(`Storage pool is in use: ${pythonRepr(name)}`);
}
