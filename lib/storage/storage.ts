/** A volume as `qubes.xml` keeps it: attribute by attribute, also those we do not know. */
export type VolumeRecord = ReadonlyMap<string, string>;

/** A pool as `qubes.xml` keeps it: its driver and that driver's options. */
export interface PoolRecord {
  readonly name: string;
  readonly driver: string;
  /** All attributes but the name, `driver` among them, in the order of the store. */
  readonly config: ReadonlyMap<string, string>;
}

/**
 * The door to disks: the data of volumes, and the small files of a qube beside them. What waits
 * rejects with NeedsError when the disk refuses.
 */
export interface Storage {
  /** Folder below which qubes and, by default, pools are: on Qubes `/var/lib/qubes`. */
  readonly folder: string;
  /**
   * Makes the folder and the volumes of a new qube; what a failure left is removed again.
   * @param folder of the qube, below `this.folder`: `appvms/work`
   */
  createQube(folder: string, volumes: ReadonlyMap<string, VolumeRecord>): Promise<void>;
  /** Removes both. */
  removeQube(folder: string, volumes: ReadonlyMap<string, VolumeRecord>): Promise<void>;
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
  readonly supportsMemoryHotplug: boolean;
}
