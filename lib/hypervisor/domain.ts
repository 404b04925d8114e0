import type { AttachedDevice, PowerState } from './hypervisor.ts';

/** What becomes of a domain by itself, and when. */
export interface Due {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly to: 'Running' | 'Halted' | 'Crashed';
}

/** A domain of the embedded machine, from its creation to its end. */
export interface Domain {
  readonly uuid: string;
  readonly name: string;
  readonly memoryMiB: number;
  /** What it has of that since it was asked to keep what it needs; undefined for all. */
  readonly keptMiB?: number | undefined;
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  readonly state: PowerState;
  readonly xid: number;
  /** Seconds since 1970, with a fraction. */
  readonly startTime: number;
  /** Whether it has ever left its first instruction. */
  readonly hasRun: boolean;
  readonly devices: readonly AttachedDevice[];
  readonly dues: readonly Due[];
}

/** All domains, by UUID in the order in which they came. */
export interface Domains {
  readonly byUuid: ReadonlyMap<string, Domain>;
  /** The last number that was given to one: none gets it again. */
  readonly lastXid: number;
}

export const NO_DOMAINS: Domains = { byUuid: new Map(), lastXid: 0 };

/** Where the machine keeps its domains. */
export interface DomainStore {
  /** @returns undefined when nothing was saved since the machine was started */
  load(): Domains | undefined;
  save(domains: Domains): void;
}
