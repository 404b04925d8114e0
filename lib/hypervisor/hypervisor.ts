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

/** The door to what runs qubes. Answers come from memory: nothing here waits. */
export interface Hypervisor {
  readonly host: HostFacts;
  /** Grows whenever the state of a qube changes. */
  readonly version: number;
  /** @param uuid of the qube, lower case */
  domain(uuid: string): DomainFacts;
}
