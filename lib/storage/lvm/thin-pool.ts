import { StoragePoolException } from '../../base/admin-error.ts';
import type { Shared } from '../driver.ts';
import { DEFAULT_REVISIONS } from '../pool-options.ts';
import type { Pool, PoolRecord, PoolUsage, Volume, VolumeRecord } from '../storage.ts';
import { readVolume } from '../volume-facts.ts';
import type { LogicalVolume } from './logical-volumes.ts';
import { thinError } from './lvm-error.ts';
import { ThinNames } from './thin-names.ts';
import { ThinVolume } from './thin-volume.ts';

/** Volumes of ours that are no volumes of a qube: what runs, imports, revisions. */
const INNER = /-(snap|import|back)$/;

/** A thin pool of LVM. */
export class ThinPool implements Pool {
  readonly name: string;
  readonly driver: string;
  /** `GROUP/POOL` */
  readonly place: string;
  readonly #group: string;
  readonly #thinPool: string;
  readonly #revisions: string;
  readonly #shared: Shared;

  constructor({ name, driver, config }: PoolRecord, shared: Shared) {
    this.name = name;
    this.driver = driver;
    this.#group = config.get('volume_group') ?? '';
    this.#thinPool = config.get('thin_pool') ?? '';
    this.place = `${this.#group}/${this.#thinPool}`;
    this.#revisions = config.get('revisions_to_keep') ?? DEFAULT_REVISIONS;
    this.#shared = shared;
  }

  /** The thin pool must be there already. */
  async setup(): Promise<void> {
    this.#shared.lvm.forget();
    const found = await this.#find();
    if (found === undefined) {
      throw new StoragePoolException(`Thin pool ${this.place} does not exist`);
    }
    if (!found.isThinPool) {
      throw new StoragePoolException(`Volume ${this.place} is not a thin pool`);
    }
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  async usage(): Promise<PoolUsage | undefined> {
    const found = await this.#find();
    return { size: found?.size ?? 0, usage: found?.usage ?? 0 };
  }

  async usageDetails(): Promise<ReadonlyMap<string, number>> {
    const found = await this.#find();
    return new Map([
      ['data_size', found?.size ?? 0],
      ['data_usage', found?.usage ?? 0],
      ['metadata_size', found?.metadata.size ?? 0],
      ['metadata_usage', found?.metadata.usage ?? 0],
    ]);
  }

  check(): void {
    // It keeps volumes in every way that can be asked for.
  }

  async listVolumes(): Promise<readonly string[]> {
    const volumes = [...(await this.#list())];
    return volumes
      .filter(
        ([vid, { thinPool }]) => vid.startsWith(`${this.#group}/`) && thinPool === this.#thinPool,
      )
      .map(([vid]) => vid)
      .filter((vid) => !INNER.test(vid));
  }

  volume(record: VolumeRecord, source: Volume | undefined): Volume {
    const facts = readVolume(record, this.#revisions);
    return new ThinVolume(
      { facts, names: new ThinNames(facts.vid), place: this.place },
      { pool: this, shared: this.#shared, source },
    );
  }

  async #find(): Promise<LogicalVolume | undefined> {
    return (await this.#list()).get(this.place);
  }

  async #list(): ReturnType<Shared['lvm']['list']> {
    try {
      return await this.#shared.lvm.list();
    } catch (error) {
      throw thinError(error, this.name, 'list its volumes');
    }
  }
}
