import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { QubesValueError } from '../../base/admin-error.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import { makePath } from '../../base/make-path.ts';
import { fileExists, removeEmptyFolder } from '../files/files.ts';
import { DEFAULT_REVISIONS } from '../pool-options.ts';
import { storageError } from '../storage-error.ts';
import type { Pool, PoolRecord, PoolUsage, Setting, Volume, VolumeRecord } from '../storage.ts';
import { pathOfVid, readVolume } from '../volume-facts.ts';
import type { LayOut } from './image-layout.ts';
import { ImageVolume } from './image-volume.ts';

/** Where the vids of qubes begin. */
const FOLDERS = ['appvms', 'vm-templates'];

/** What makes a kind of pools of images. */
export interface ImageDriver {
  readonly layOut: LayOut;
  /** How many revisions a volume can have. */
  readonly mostRevisions: number;
  /**
   * Judges the folder of a new pool.
   * @throws StoragePoolException when it is no place for one
   */
  judge(folder: string, options: ReadonlyMap<string, string>): Promise<void>;
}

/** A folder with images of volumes. */
export class ImagePool implements Pool {
  readonly name: string;
  readonly driver: string;
  /** Its folder. */
  readonly place: string;
  readonly #locks: KeyedLock;
  readonly #kind: ImageDriver;
  readonly #revisions: string;

  constructor({ name, driver, config }: PoolRecord, kind: ImageDriver, locks: KeyedLock) {
    this.name = name;
    this.driver = driver;
    this.place = config.get('dir_path') ?? '';
    this.#locks = locks;
    this.#kind = kind;
    this.#revisions = config.get('revisions_to_keep') ?? DEFAULT_REVISIONS;
  }

  async setup(options: ReadonlyMap<string, string> = new Map()): Promise<void> {
    try {
      const isNew = !(await fileExists(this.place));
      await makePath(this.place);
      try {
        await this.#kind.judge(this.place, options);
      } catch (error) {
        if (isNew) await removeEmptyFolder(this.place);
        throw error;
      }
      for (const folder of FOLDERS) await makePath(join(this.place, folder));
    } catch (error) {
      throw storageError(error, this.name, `use the folder ${this.place}`);
    }
  }

  async destroy(): Promise<void> {
    for (const folder of FOLDERS) await removeEmptyFolder(join(this.place, folder));
  }

  async usage(): Promise<PoolUsage | undefined> {
    const found = await statfs(this.place).catch(() => undefined);
    if (found === undefined) return undefined;
    const { bsize, blocks, bfree } = found;
    return { size: bsize * blocks, usage: bsize * (blocks - bfree) };
  }

  async usageDetails(): Promise<ReadonlyMap<string, number>> {
    const found = await this.usage();
    if (found === undefined) return new Map();
    return new Map([
      ['data_size', found.size],
      ['data_usage', found.usage],
    ]);
  }

  check({ revisionsToKeep = 0 }: Setting): void {
    const { mostRevisions } = this.#kind;
    if (revisionsToKeep <= mostRevisions) return;
    throw new QubesValueError(`The driver ${this.driver} keeps at most ${mostRevisions} revision`);
  }

  listVolumes(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  volume(record: VolumeRecord, source: Volume | undefined): Volume {
    const facts = readVolume(record, this.#revisions);
    const files = this.#kind.layOut(facts, (vid) => join(this.place, pathOfVid(vid)));
    return new ImageVolume({ facts, files }, { pool: this, locks: this.#locks, source });
  }
}
