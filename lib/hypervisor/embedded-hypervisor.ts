import { availableParallelism, totalmem } from 'node:os';

import { QubesException } from '../base/admin-error.ts';
import type {
  AttachedDevice,
  DomainChange,
  DomainDefinition,
  DomainFacts,
  DomainUse,
  HostFacts,
  Hypervisor,
  MemoryReservation,
  PciDevice,
} from './hypervisor.ts';

const ADMIN_UUID = '00000000-0000-0000-0000-000000000000';
const ADMIN_MEMORY_MIB = 4096;
const KIB = 1024;

const HALTED: DomainFacts = {
  state: 'Halted',
  xid: -1,
  startTime: undefined,
  memoryKiB: 0,
  memoryMaxKiB: 0,
  cpuTimeNs: 0,
};

const ADMIN: DomainFacts = {
  ...HALTED,
  state: 'Running',
  xid: 0,
  memoryKiB: ADMIN_MEMORY_MIB * KIB,
  memoryMaxKiB: ADMIN_MEMORY_MIB * KIB,
};

interface Domain {
  readonly definition: DomainDefinition;
  facts: DomainFacts;
  devices: readonly AttachedDevice[];
}

type Listener = (uuid: string, change: DomainChange) => void;

/** The machine without a hypervisor: dom0 is this program's own system; what else runs is a state. */
export class EmbeddedHypervisor implements Hypervisor {
  /** Folder of the system whose qubes it is asked about. */
  readonly folder: string;
  readonly host: HostFacts = {
    memoryKiB: Math.floor(totalmem() / KIB),
    cpus: availableParallelism(),
    adminMemoryMiB: ADMIN_MEMORY_MIB,
    balancesMemory: true,
  };
  readonly pciDevices: readonly PciDevice[] = [];
  readonly #domains = new Map<string, Domain>();
  readonly #listeners = new Set<Listener>();
  #version = 0;
  #xids = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  get version(): number {
    return this.#version;
  }

  domain(uuid: string): DomainFacts {
    return uuid === ADMIN_UUID ? ADMIN : (this.#domains.get(uuid)?.facts ?? HALTED);
  }

  reserveMemory(): Promise<MemoryReservation | undefined> {
    return Promise.resolve({ release: () => undefined });
  }

  async create(definition: DomainDefinition): Promise<void> {
    const facts: DomainFacts = {
      ...HALTED,
      state: 'Paused',
      xid: ++this.#xids,
      startTime: Date.now() / 1000,
      memoryKiB: definition.memoryMiB * KIB,
      memoryMaxKiB: definition.maxMemoryMiB * KIB,
    };
    this.#domains.set(definition.uuid, { definition, facts, devices: definition.devices });
    this.#version++;
  }

  async unpause(uuid: string): Promise<void> {
    this.#put(uuid, 'Running', 'unpaused');
  }

  async pause(uuid: string): Promise<void> {
    this.#put(uuid, 'Paused', 'paused');
  }

  async suspend(uuid: string): Promise<boolean> {
    this.#put(uuid, 'Suspended', 'suspended');
    return true;
  }

  async wake(uuid: string): Promise<void> {
    this.#put(uuid, 'Running', 'unpaused');
  }

  async shutdown(uuid: string): Promise<void> {
    setImmediate(() => this.#end(uuid));
  }

  async destroy(uuid: string): Promise<void> {
    this.#end(uuid);
  }

  async attach(uuid: string, device: AttachedDevice): Promise<void> {
    const domain = this.#known(uuid);
    domain.devices = [...domain.devices, device];
  }

  async detach(uuid: string, device: AttachedDevice): Promise<void> {
    const domain = this.#known(uuid);
    domain.devices = domain.devices.filter(
      ({ deviceClass, backend, port }) =>
        deviceClass !== device.deviceClass || backend !== device.backend || port !== device.port,
    );
  }

  attached(uuid: string): readonly AttachedDevice[] {
    return this.#domains.get(uuid)?.devices ?? [];
  }

  console(): Promise<string> {
    return Promise.resolve('/dev/pts/0');
  }

  use(): readonly DomainUse[] {
    return [...this.#domains].map(([uuid, { definition, facts }]) => ({
      uuid,
      memoryKiB: facts.memoryKiB,
      cpuTimeNs: facts.cpuTimeNs,
      vcpus: definition.vcpus,
    }));
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #known(uuid: string): Domain {
    const domain = this.#domains.get(uuid);
    if (domain === undefined) throw new QubesException(`There is no running domain ${uuid}`);
    return domain;
  }

  #put(uuid: string, state: DomainFacts['state'], change: DomainChange): void {
    const domain = this.#known(uuid);
    domain.facts = { ...domain.facts, state };
    this.#tell(uuid, change);
  }

  #end(uuid: string): void {
    if (this.#domains.delete(uuid)) this.#tell(uuid, 'stopped');
  }

  #tell(uuid: string, change: DomainChange): void {
    this.#version++;
    for (const listener of this.#listeners) listener(uuid, change);
  }
}
