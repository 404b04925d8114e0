/** What a qube is doing, in the words of `admin.vm.List`. */
export type PowerState =
  | 'Halted'
  | 'Transient'
  | 'Running'
  | 'Paused'
  | 'Suspended'
  | 'Halting'
  | 'Dying'
  | 'Crashed'
  | 'NA';

/** The machine as a whole. */
export interface HostFacts {
  readonly memoryKiB: number;
  readonly cpus: number;
  /** What dom0 itself may use at most. */
  readonly adminMemoryMiB: number;
  /** Whether memory can be moved between running qubes. */
  readonly balancesMemory: boolean;
}

/** A qube as far as it runs. */
export interface DomainFacts {
  readonly state: PowerState;
  /** Number of the running domain, -1 when there is none. */
  readonly xid: number;
  /** Seconds since 1970, with a fraction; undefined when it does not run. */
  readonly startTime: number | undefined;
  readonly memoryKiB: number;
  readonly memoryMaxKiB: number;
  readonly cpuTimeNs: number;
}

/** A disk of a qube: a started volume. */
export interface Disk {
  /** Of the volume: `root`. */
  readonly name: string;
  readonly path: string;
  readonly rw: boolean;
}

/** A qube that is to run, as the machine sees it. */
export interface DomainDefinition {
  readonly uuid: string;
  readonly name: string;
  readonly memoryMiB: number;
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  /** What a kernel of dom0 is told; undefined for a qube that brings its own. */
  readonly kernelOptions?: string | undefined;
  readonly disks: readonly Disk[];
  /** Devices it has from the beginning. */
  readonly devices: readonly AttachedDevice[];
}

/** A device in a running qube. */
export interface AttachedDevice {
  /** `block`, `pci`, `usb`, `mic`. */
  readonly deviceClass: string;
  /** Name of the qube it belongs to. */
  readonly backend: string;
  /** Where it is plugged in there, in the words of its class: `sda1`. */
  readonly port: string;
  /** What is plugged in, `*` where nobody knows. */
  readonly device: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A PCI device of the machine. */
export interface PciDevice {
  /** `0000:00:14.0` */
  readonly address: string;
  /** Four hex digits each. */
  readonly vendorId: string;
  readonly deviceId: string;
  /** Class, subclass and programming interface: six hex digits. */
  readonly classCode: string;
  readonly vendor: string | undefined;
  readonly product: string | undefined;
}

/** Use of the machine by one running qube, for `admin.vm.Stats`. */
export interface DomainUse {
  readonly uuid: string;
  readonly memoryKiB: number;
  /** Since it was started. */
  readonly cpuTimeNs: number;
  readonly vcpus: number;
}

/** Memory set aside for a qube that is about to start. */
export interface MemoryReservation {
  /** Gives it free again, unless the qube has it by now. */
  release(): void;
}

/** What happened to a qube, by whomever. */
export type DomainChange = 'stopped' | 'paused' | 'unpaused' | 'suspended';

/**
 * The door to what runs qubes. What is asked is answered from memory; what is done rejects with
 * QubesException when the machine refuses. Qubes are named by their UUID, lower case.
 */
export interface Hypervisor {
  readonly host: HostFacts;
  /** Grows whenever the state of a qube changes. */
  readonly version: number;
  domain(uuid: string): DomainFacts;
  /** @returns undefined when the machine has not that much left */
  reserveMemory(uuid: string, memoryMiB: number): Promise<MemoryReservation | undefined>;
  /** Makes a qube run, paused at its first instruction. */
  create(definition: DomainDefinition): Promise<void>;
  unpause(uuid: string): Promise<void>;
  pause(uuid: string): Promise<void>;
  /** Sends it to sleep; @returns whether what runs in it can sleep. */
  suspend(uuid: string): Promise<boolean>;
  wake(uuid: string): Promise<void>;
  /** Asks it to shut down; `watch` tells when it has. */
  shutdown(uuid: string): Promise<void>;
  /** Ends it at once; one that does not run is as it should be. */
  destroy(uuid: string): Promise<void>;
  /** There is no qube of that name: what the machine has kept of one goes. */
  forget(qube: { readonly name: string }): Promise<void>;
  attach(uuid: string, device: AttachedDevice): Promise<void>;
  detach(uuid: string, device: AttachedDevice): Promise<void>;
  /** What it has, in the order in which it came; nothing when it does not run. */
  attached(uuid: string): readonly AttachedDevice[];
  /** @returns path of the terminal or file that its console is on */
  console(uuid: string): Promise<string>;
  /** All that run. */
  use(): readonly DomainUse[];
  readonly pciDevices: readonly PciDevice[];
  /** Calls back for each change, in order. @returns what ends it */
  watch(listener: (uuid: string, change: DomainChange) => void): () => void;
}
