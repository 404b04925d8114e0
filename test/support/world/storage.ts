import { QubesException } from '../../../lib/base/admin-error.ts';
import { DRIVERS } from '../../../lib/storage/drivers.ts';
import type {
  KernelFacts,
  Pool,
  PoolRecord,
  Storage,
  Volume,
  VolumeRecord,
} from '../../../lib/storage/storage.ts';
import { readVolume } from '../../../lib/storage/volume-facts.ts';
import type { WorldDisk } from './disk.ts';
import type { Life } from './life.ts';
import { WorldVolume } from './volume.ts';

/** The kernel that is installed in a world. */
export const KERNEL = '6.6.1';

const KERNEL_FACTS: KernelFacts = {
  complete: true,
  optionsWithPci: undefined,
  options: undefined,
  commonOptions: undefined,
  supportsMemoryHotplug: true,
};

/** The disk of a world as one run of a host has it. */
export function storageOf(disk: WorldDisk, life: Life): Storage {
  const pools = new WeakMap<PoolRecord, Pool>();
  return {
    folder: '/world',
    drivers: DRIVERS,
    pool: (record) => {
      const known = pools.get(record);
      if (known !== undefined) return known;
      const made = poolOf(record, disk, life);
      pools.set(record, made);
      return made;
    },
    createFolder: (folder) =>
      life.do('folder', () => {
        if ((disk.folders.get(folder)?.size ?? 0) > 0) {
          throw new QubesException(`Cannot create ${folder}: it exists already and is not empty`);
        }
        disk.folders.set(folder, new Map());
      }),
    hasFolder: (folder) => Promise.resolve(disk.folders.has(folder)),
    listFolders: (parent) =>
      Promise.resolve(
        [...disk.folders.keys()]
          .filter((folder) => folder.startsWith(`${parent}/`))
          .map((folder) => folder.slice(parent.length + 1)),
      ),
    removeFolder: (folder) =>
      life.do('folder', () => {
        disk.folders.delete(folder);
        // They are in it.
        for (const vid of disk.volumes.keys()) {
          if (vid.startsWith(`${folder}/`)) disk.volumes.delete(vid);
        }
      }),
    readText: (folder, file) => Promise.resolve(disk.folders.get(folder)?.get(file)),
    writeText: (folder, file, text) =>
      life.do('text', () => {
        const files = disk.folders.get(folder) ?? new Map<string, string>();
        disk.folders.set(folder, files.set(file, text));
      }),
    kernel: (name) => (name === KERNEL ? KERNEL_FACTS : undefined),
  };
}

function poolOf(record: PoolRecord, disk: WorldDisk, life: Life): Pool {
  const isOfKernels = record.driver === 'linux-kernel';
  const volumes = new WeakMap<VolumeRecord, Volume>();
  const pool: Pool = {
    name: record.name,
    driver: record.driver,
    setup: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
    usage: () => Promise.resolve(undefined),
    usageDetails: () => Promise.resolve(new Map()),
    check: () => undefined,
    place: record.config.get('dir_path'),
    listVolumes: () => Promise.resolve(isOfKernels ? [KERNEL] : []),
    volume: (one, source) => {
      const facts = readVolume(one, '1');
      if (isOfKernels) return kernelVolume(pool, facts.name, facts.vid);
      if (source !== undefined) return new WorldVolume(facts, pool, source, disk, life);
      const known = volumes.get(one) ?? new WorldVolume(facts, pool, undefined, disk, life);
      volumes.set(one, known);
      return known;
    },
  };
  return pool;
}

/** Nothing is ever done to it. */
function kernelVolume(pool: Pool, name: string, vid: string): Volume {
  const nothing = (): Promise<void> => Promise.resolve();
  const refuse = (): Promise<never> =>
    Promise.reject(new QubesException('A kernel is not written'));
  return {
    name,
    vid,
    pool,
    path: `/world/vm-kernels/${vid}`,
    source: undefined,
    snapshotsDisabled: false,
    create: nothing,
    remove: nothing,
    verify: nothing,
    start: nothing,
    disk: () => Promise.resolve(`/world/vm-kernels/${vid}`),
    stop: nothing,
    cancelStart: nothing,
    isDirty: () => Promise.resolve(false),
    isOutdated: () => Promise.resolve(false),
    check: () => undefined,
    size: () => Promise.resolve(0),
    usage: () => Promise.resolve(0),
    resize: refuse,
    export: refuse,
    exportEnd: nothing,
    importBegin: refuse,
    importEnd: refuse,
    importVolume: refuse,
    revisions: () => Promise.resolve([]),
    revert: refuse,
  };
}
