import type { Clock } from '../../../lib/base/clock.ts';
import { Changes } from '../../../lib/hypervisor/changes.ts';
import type { ChangeListener } from '../../../lib/hypervisor/changes.ts';
import type {
  AttachedDevice,
  DomainChange,
  DomainDefinition,
  HostFacts,
  PowerState,
} from '../../../lib/hypervisor/hypervisor.ts';

/** What a qube needs at least that was asked to keep only what it needs, in MiB. */
const NEEDED_MIB = 200;
/** Milliseconds until what is free is told. */
const TELLING_MS = 100;
/** Milliseconds until a domain is off that was asked to shut down. */
const SHUTDOWN_MS = 2000;

export interface WorldDomain {
  readonly uuid: string;
  readonly name: string;
  readonly xid: number;
  readonly startTime: number;
  readonly vcpus: number;
  readonly maxMemoryMiB: number;
  memoryMiB: number;
  state: PowerState;
  /** It has left its first instruction. */
  hasRun: boolean;
  devices: readonly AttachedDevice[];
}

/** The machine of a world: it goes on when the host dies. */
export class WorldMachine {
  readonly host: HostFacts = {
    memoryKiB: 16 * 1024 * 1024,
    cpus: 4,
    adminMemoryMiB: 4096,
    balancesMemory: true,
  };
  readonly domains = new Map<string, WorldDomain>();
  version = 0;
  /** Called with each domain that is about to be made. */
  onAdd: (definition: DomainDefinition) => void = () => undefined;
  /** Resolves when a domain that has begun is up: at once, if nobody says otherwise. */
  upOf: (domain: WorldDomain) => Promise<void> = () => Promise.resolve();
  /** The same for the services in it. */
  servingOf: (domain: WorldDomain) => Promise<void> = () => Promise.resolve();
  readonly #clock: Clock;
  readonly #changes = new Changes();
  readonly #memoryListeners = new Set<() => void>();
  #pressureMiB = 0;
  #lastXid = 0;
  #isTellingMemory = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What qubes could be started with, in MiB. */
  get freeMiB(): number {
    const { memoryKiB, adminMemoryMiB } = this.host;
    let free = memoryKiB / 1024 - adminMemoryMiB - this.#pressureMiB;
    for (const { memoryMiB } of this.domains.values()) free -= memoryMiB;
    return free;
  }

  /** What else takes memory, in MiB. */
  set pressureMiB(mib: number) {
    this.#pressureMiB = mib;
    this.#memoryMoved();
  }

  add(definition: DomainDefinition): void {
    this.onAdd(definition);
    const { uuid, name, vcpus, memoryMiB, maxMemoryMiB, devices } = definition;
    this.domains.set(uuid, {
      uuid,
      name,
      xid: ++this.#lastXid,
      startTime: this.#clock.now() / 1000,
      vcpus,
      memoryMiB,
      maxMemoryMiB,
      state: 'Paused',
      hasRun: false,
      devices,
    });
    this.version++;
    this.#memoryMoved();
  }

  become(domain: WorldDomain, state: PowerState, change?: DomainChange): void {
    domain.state = state;
    this.version++;
    if (change !== undefined) this.#changes.tell(domain.uuid, change);
  }

  /** A domain keeps only what it needs. */
  shrink(domain: WorldDomain): void {
    domain.memoryMiB = Math.min(domain.memoryMiB, NEEDED_MIB);
    this.#memoryMoved();
  }

  /** A domain shuts down by itself. */
  shutDown(domain: WorldDomain): void {
    this.become(domain, 'Halting');
    this.#clock.after(SHUTDOWN_MS, () => {
      if (this.domains.get(domain.uuid) === domain) this.end(domain.uuid);
    });
  }

  /** A domain is over. */
  end(uuid: string): void {
    if (!this.domains.delete(uuid)) return;
    this.version++;
    this.#changes.tell(uuid, 'stopped');
    this.#memoryMoved();
  }

  watch(listener: ChangeListener): () => void {
    return this.#changes.add(listener);
  }

  watchMemory(listener: () => void): () => void {
    const own = (): void => listener();
    this.#memoryListeners.add(own);
    return () => void this.#memoryListeners.delete(own);
  }

  /** Is told a moment later, and once for all that has happened meanwhile. */
  #memoryMoved(): void {
    if (this.#isTellingMemory) return;
    this.#isTellingMemory = true;
    this.#clock.after(TELLING_MS, () => {
      this.#isTellingMemory = false;
      for (const listener of [...this.#memoryListeners]) listener();
    });
  }
}
