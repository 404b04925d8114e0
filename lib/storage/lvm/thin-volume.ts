import { StoragePoolException } from '../../base/admin-error.ts';
import type { Shared } from '../driver.ts';
import type { Pool, Revision, Volume } from '../storage.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import { noSource, notSaved } from '../volume-errors.ts';
import type { Lvm } from './lvm.ts';
import { thinError } from './lvm-error.ts';
import { beginImport, copyFrom, endImport, revertThin } from './thin-import.ts';
import { requireImportable, requireNoImport } from './thin-import.ts';
import { mapperPath } from './thin-names.ts';
import { cancelThin, commit, isDirty, pruneRevisions, removeIfThere } from './thin.ts';
import { resizeThin, startThin, stopThin } from './thin.ts';
import type { Thin } from './thin.ts';

interface Place {
  readonly pool: Pool;
  readonly shared: Shared;
  readonly source: Volume | undefined;
}

/** A volume that is a logical volume of a thin pool; what a qube gets is a snapshot of it. */
export class ThinVolume implements Volume {
  readonly name: string;
  readonly vid: string;
  readonly pool: Pool;
  readonly path: string;
  readonly source: Volume | undefined;
  readonly snapshotsDisabled: boolean;
  readonly #thin: Thin;
  readonly #lvm: Lvm;
  readonly #locks: Shared['locks'];

  constructor(thin: Thin, { pool, shared, source }: Place) {
    this.name = thin.facts.name;
    this.vid = thin.facts.vid;
    this.pool = pool;
    this.path = mapperPath(this.vid);
    this.source = source;
    this.snapshotsDisabled = snapshotsDisabled(thin.facts);
    this.#thin = thin;
    this.#lvm = shared.lvm;
    this.#locks = shared.locks;
  }

  create(): Promise<void> {
    return this.#work('create', async ({ facts, place }, lvm) => {
      if (facts.saveOnStop && facts.snapOnStart) await lvm.clone(await this.#origin(), this.vid);
      else if (facts.saveOnStop) await lvm.create(place, this.vid, facts.size);
    });
  }

  remove(): Promise<void> {
    return this.#work('remove', async ({ names }, lvm) => {
      await removeIfThere(lvm, names.snapshot);
      await removeIfThere(lvm, names.import);
      await pruneRevisions(lvm, this.#thin, 0);
      await removeIfThere(lvm, names.vid);
    });
  }

  verify(): Promise<void> {
    return this.#try('look at', async ({ facts }, lvm) => {
      if (!facts.saveOnStop && !facts.snapOnStart) return;
      const needed = facts.snapOnStart ? await this.#origin() : await this.#saved();
      if ((await lvm.list()).has(needed)) return;
      throw new StoragePoolException(`volume ${needed} missing`);
    });
  }

  start(): Promise<void> {
    return this.#work('start', async (thin, lvm) => {
      await requireNoImport(lvm, thin);
      await startThin(lvm, thin, () => (thin.facts.snapOnStart ? this.#origin() : this.#saved()));
    });
  }

  stop(): Promise<void> {
    return this.#work('stop', (thin, lvm) => stopThin(lvm, thin));
  }

  cancelStart(): Promise<void> {
    return this.#work('stop', (thin, lvm) => cancelThin(lvm, thin));
  }

  disk(): Promise<string> {
    const { facts, names } = this.#thin;
    const isSnapshot = (facts.snapOnStart || facts.saveOnStop) && !this.snapshotsDisabled;
    return Promise.resolve(mapperPath(isSnapshot ? names.snapshot : names.vid));
  }

  isDirty(): Promise<boolean> {
    return this.#try('look at', (thin, lvm) => isDirty(lvm, thin));
  }

  isOutdated(): Promise<boolean> {
    return this.#try('look at', async ({ facts, names }, lvm) => {
      const snapshot = (await lvm.list()).get(names.snapshot);
      if (!facts.snapOnStart || snapshot === undefined) return false;
      return (await this.#origin()).split('/').at(-1) !== snapshot.origin;
    });
  }

  check(): void {
    // It can be kept in every way that can be asked for.
  }

  size(): Promise<number> {
    return this.#try('look at', async ({ facts, names }, lvm) => {
      const volumes = await lvm.list();
      const present = volumes.get(names.snapshot) ?? volumes.get(names.saved(volumes));
      return present?.size ?? facts.size;
    });
  }

  usage(): Promise<number> {
    return this.#try('look at', async ({ names }, lvm) => {
      const volumes = await lvm.list();
      return volumes.get(names.saved(volumes))?.usage ?? 0;
    });
  }

  resize(bytes: number): Promise<void> {
    return this.#work('resize', (thin, lvm) => resizeThin(lvm, thin, bytes));
  }

  export(): Promise<string> {
    return this.#try('export', async ({ facts }, lvm) => {
      if (!facts.saveOnStop) {
        throw notSaved('export', this.vid);
      }
      const saved = await this.#saved();
      await lvm.activate(saved);
      return mapperPath(saved);
    });
  }

  exportEnd(): Promise<void> {
    return Promise.resolve();
  }

  importBegin(bytes: number): Promise<string> {
    return this.#work('import data into', (thin, lvm) => beginImport(lvm, thin, bytes));
  }

  importEnd(success: boolean): Promise<void> {
    return this.#work('import data into', (thin, lvm) => endImport(lvm, thin, success));
  }

  importVolume(from: Volume): Promise<void> {
    return this.#work('import data into', async (thin, lvm) => {
      if (!thin.facts.saveOnStop) return;
      if (!(from instanceof ThinVolume) || from.pool.place !== this.pool.place) {
        return copyFrom(lvm, thin, from);
      }
      await requireImportable(lvm, thin);
      await lvm.clone(await from.#saved(), thin.names.import);
      await commit(lvm, thin, thin.names.import);
    });
  }

  revisions(): Promise<readonly Revision[]> {
    return this.#try('look at', async ({ names }, lvm) => names.revisions(await lvm.list()));
  }

  revert(revision?: string): Promise<void> {
    return this.#work('revert', (thin, lvm) => revertThin(lvm, thin, revision));
  }

  async #saved(): Promise<string> {
    return this.#thin.names.saved(await this.#lvm.list());
  }

  /** What a snapshot begins from. */
  #origin(): Promise<string> {
    if (this.source instanceof ThinVolume) return this.source.#saved();
    throw noSource(this.name);
  }

  /** Works on the volume when nobody else does. */
  #work<Result>(doing: string, work: (thin: Thin, lvm: Lvm) => Promise<Result>): Promise<Result> {
    return this.#locks.run(`lvm:${this.vid}`, () => this.#try(doing, work));
  }

  async #try<Result>(
    doing: string,
    work: (thin: Thin, lvm: Lvm) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work(this.#thin, this.#lvm);
    } catch (error) {
      throw thinError(error, this.pool.name, `${doing} the volume ${this.vid}`);
    }
  }
}
