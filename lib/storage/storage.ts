/** A volume as `qubes.xml` keeps it: attribute by attribute, also those we do not know. */
export type VolumeRecord = ReadonlyMap<string, string>;

/** A pool as `qubes.xml` keeps it: its driver and that driver's options. */
export interface PoolRecord {
  readonly name: string;
  readonly driver: string;
  /** All attributes but the name, `driver` among them, in the order of the store. */
  readonly config: ReadonlyMap<string, string>;
}

/** A kind of pools. */
export interface PoolDriver {
  /** `file-reflink` */
  readonly name: string;
  /** Options a pool of it takes, in the reference's order. */
  readonly options: readonly string[];
  /** Those that must be given. */
  readonly required: readonly string[];
  /**
   * The attributes of a new pool as they are saved, from what was asked for.
   * @throws QubesException for an option it does not know or cannot read
   */
  configOf(name: string, options: ReadonlyMap<string, string>): ReadonlyMap<string, string>;
}

/** Bytes. */
export interface PoolUsage {
  readonly size: number;
  readonly usage: number;
}

/** An older state of a volume. */
export interface Revision {
  readonly id: string;
  /** When it was taken, in seconds since 1970. */
  readonly time: number;
}

/** What callers can set of a volume, or of a pool for its volumes. */
export interface Setting {
  readonly revisionsToKeep?: number;
  readonly rw?: boolean;
  readonly ephemeral?: boolean;
}

/** A place for volumes. All of it rejects with StoragePoolException when the disk refuses. */
export interface Pool {
  readonly name: string;
  readonly driver: string;
  /**
   * Makes what the pool needs on its disk, when it is added to the system.
   * @param options as they were asked for: some are for this moment only, and not kept
   */
  setup(options?: ReadonlyMap<string, string>): Promise<void>;
  /** Takes that away again as far as it is empty; volumes in it are not touched. */
  destroy(): Promise<void>;
  /** Undefined where nobody knows. */
  usage(): Promise<PoolUsage | undefined>;
  /** `data_size`, `data_usage`, and what else the driver knows, in bytes. */
  usageDetails(): Promise<ReadonlyMap<string, number>>;
  /** @throws QubesValueError when the driver cannot keep volumes like that */
  check(setting: Setting): void;
  /** Folder or thin pool it is in, to find the pool that this one is part of. */
  readonly place: string | undefined;
  /** Volumes it can list by itself (`linux-kernel` its kernels); of others the qubes are asked. */
  listVolumes(): Promise<readonly string[]>;
  /**
   * A volume of this pool.
   * @param source the volume that a snap-on-start one begins from
   */
  volume(record: VolumeRecord, source: Volume | undefined): Volume;
}

/** A volume on its disk. Work on one volume is done one after another. */
export interface Volume {
  readonly name: string;
  readonly vid: string;
  readonly pool: Pool;
  /** As `volume.Info` says it; empty for a kernel volume without a kernel. */
  readonly path: string;
  /** Source it begins from at each start. */
  readonly source: Volume | undefined;
  /** `revisions_to_keep` -1 on a volume that is saved: no snapshots, changes go right into it. */
  readonly snapshotsDisabled: boolean;
  create(): Promise<void>;
  /** All of it, revisions too; what is not there is no error. */
  remove(): Promise<void>;
  /** Rejects when it cannot be started for lack of data. */
  verify(): Promise<void>;
  /** Makes what the qube gets. */
  start(): Promise<void>;
  /** @returns path of what the qube gets once it is started; undefined when it gets nothing */
  disk(): Promise<string | undefined>;
  /** Saves or drops what the qube did, and keeps a revision. */
  stop(): Promise<void>;
  /** Takes back a start after which nobody wrote to it: nothing is saved, no revision kept. */
  cancelStart(): Promise<void>;
  /** Whether data of a run are not saved yet. */
  isDirty(): Promise<boolean>;
  /** Whether a running snapshot is older than its source. */
  isOutdated(): Promise<boolean>;
  /** @throws QubesValueError when the driver cannot keep it like that */
  check(setting: Setting): void;
  /** Bytes. */
  size(): Promise<number>;
  usage(): Promise<number>;
  resize(bytes: number): Promise<void>;
  /** @returns path to read its saved content from, until `exportEnd` */
  export(): Promise<string>;
  exportEnd(path: string): Promise<void>;
  /** @returns path of an empty volume of that size, which becomes the content by `importEnd(true)` */
  importBegin(bytes: number): Promise<string>;
  importEnd(success: boolean): Promise<void>;
  /** Takes over the saved content of another volume, also of another pool. */
  importVolume(from: Volume): Promise<void>;
  /** Oldest first. */
  revisions(): Promise<readonly Revision[]>;
  /** @param revision the newest by default */
  revert(revision?: string): Promise<void>;
}

/**
 * The door to disks: pools and volumes, and the small files of a qube beside them. What waits
 * rejects with NeedsError when the disk refuses.
 */
export interface Storage {
  /** Folder below which qubes and, by default, pools are: on Qubes `/var/lib/qubes`. */
  readonly folder: string;
  /** In the order in which clients see them. */
  readonly drivers: readonly PoolDriver[];
  /** @throws StoragePoolException for a driver that is not installed */
  pool(record: PoolRecord): Pool;
  /**
   * Makes the folder of a new qube.
   * @param folder below `this.folder`: `appvms/work`
   */
  createFolder(folder: string): Promise<void>;
  hasFolder(folder: string): Promise<boolean>;
  /** Names of the folders of qubes that there are below one: `appvms`. */
  listFolders(parent: string): Promise<readonly string[]>;
  /** Removes it with all that is in it. */
  removeFolder(folder: string): Promise<void>;
  /** A small text file in the folder of a qube; undefined when it is not there. */
  readText(folder: string, file: string): Promise<string | undefined>;
  /** Replaces it, so that it is there completely or not at all. */
  writeText(folder: string, file: string, text: string): Promise<void>;
  /** Facts about a kernel: undefined when it is not installed. */
  kernel(name: string): KernelFacts | undefined;
}

export interface KernelFacts {
  /** `vmlinuz` is there. */
  readonly complete: boolean;
  /** Default options of the kernel's own, for qubes with and without PCI devices. */
  readonly optionsWithPci: string | undefined;
  readonly options: string | undefined;
  /** Options it needs in every qube. */
  readonly commonOptions: string | undefined;
  readonly supportsMemoryHotplug: boolean;
}
