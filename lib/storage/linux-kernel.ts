import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { QubesValueError } from '../base/admin-error.ts';
import { makePath } from '../base/make-path.ts';
import { defineDriver } from './driver.ts';
import { KernelVolume } from './kernel-volume.ts';
import { dirPath } from './pool-options.ts';
import { storageError } from './storage-error.ts';
import type { Pool, PoolRecord, PoolUsage, Setting, Volume, VolumeRecord } from './storage.ts';
import { readVolume } from './volume-facts.ts';

/** A folder with a folder for each installed kernel. */
class KernelPool implements Pool {
  readonly name: string;
  readonly driver: string;
  readonly place: string;

  constructor({ name, driver, config }: PoolRecord) {
    this.name = name;
    this.driver = driver;
    this.place = config.get('dir_path') ?? '';
  }

  async setup(): Promise<void> {
    try {
      await makePath(this.place);
    } catch (error) {
      throw storageError(error, this.name, `use the folder ${this.place}`);
    }
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  usage(): Promise<PoolUsage | undefined> {
    return Promise.resolve(undefined);
  }

  usageDetails(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  check({ revisionsToKeep = 0 }: Setting): void {
    if (revisionsToKeep === 0) return;
    throw new QubesValueError('LinuxKernel supports only revisions_to_keep=0');
  }

  async listVolumes(): Promise<readonly string[]> {
    try {
      return (await readdir(this.place)).sort();
    } catch (error) {
      throw storageError(error, this.name, `list the folder ${this.place}`);
    }
  }

  volume(record: VolumeRecord, source: Volume | undefined): Volume {
    const { name, vid } = readVolume(record, '0');
    return new KernelVolume(this, { name, vid, folder: vid && join(this.place, vid), source });
  }
}

/** The kernels of dom0, which qubes start with. */
export const LINUX_KERNEL = defineDriver(
  'linux-kernel',
  [dirPath],
  (record) => new KernelPool(record),
);
