import { QubesException } from '../base/admin-error.ts';
import { SYSTEM_CLOCK } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { reasonOf } from '../base/errors.ts';
import { Changes } from './changes.ts';
import type { ChangeListener } from './changes.ts';
import { DomainFile } from './domain-file.ts';
import { DomainFolders } from './domain-folders.ts';
import { DomainTable } from './domain-table.ts';
import { EmbeddedHost } from './embedded-host.ts';
import { EmbeddedMemory } from './embedded-memory.ts';
import { adminFacts, factsOf, HALTED, useOf } from './domain-facts.ts';
import { askedToShutDown, booted, requireState, SECOND_MS, withoutDevice } from './domain-steps.ts';
import type { Domain, DomainStore, Due } from './domain.ts';
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
import type { MachineAction, MachineSettings } from './machine.ts';
import { MachineFile } from './machine-file.ts';

const ADMIN_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * The machine of an embedded system: what a qube does is a state in the file `run/domains.json`, and
 * a running qube is its folders. Nothing is executed and no memory is taken; how long things take,
 * how much memory there is and what fails is said by `machine.json`, asked each time something is
 * done. Nothing is read or made before it is needed.
 */
export class EmbeddedHypervisor implements Hypervisor {
  readonly host: HostFacts;
  readonly memory: EmbeddedMemory;
  readonly #machine: MachineFile;
  readonly #table: DomainTable;
  readonly #folders: DomainFolders;
  readonly #changes = new Changes();
  readonly #clock: Clock;
  /** What is called when a domain is up, or over. */
  readonly #booting = new Map<string, () => void>();
  #isClosed = false;

  /** @param root folder of the system */
  constructor(
    root: string,
    {
      clock = SYSTEM_CLOCK,
      store = new DomainFile(root),
    }: { readonly clock?: Clock; readonly store?: DomainStore } = {},
  ) {
    this.#machine = new MachineFile(root);
    this.#folders = new DomainFolders(root);
    this.#clock = clock;
    this.#table = new DomainTable(store, clock, (domain, due) => this.#fallDue(domain, due));
    this.host = new EmbeddedHost(() => this.#settings);
    this.memory = new EmbeddedMemory({
      host: () => this.host,
      settings: () => this.#settings,
      table: this.#table,
      clock,
    });
  }

  get version(): number {
    return this.#table.version;
  }

  get pciDevices(): readonly PciDevice[] {
    return (this.#settings.pciDevices ?? []).map(({ vendor, product, ...device }) => ({
      ...device,
      vendor,
      product,
    }));
  }

  /**
   * Takes up what an earlier host has left.
   * @returns names of the qubes that run; undefined when the machine was started since then
   * @throws QubesException when that, or the description of the machine, cannot be read
   */
  resume(): readonly string[] | undefined {
    this.#machine.read();
    if (!this.#table.resume()) return undefined;
    return [...this.#table.all()].map(({ name }) => name);
  }

  domain(uuid: string): DomainFacts {
    if (uuid === ADMIN_UUID) return adminFacts(this.host);
    const domain = this.#table.find(uuid);
    return domain === undefined ? HALTED : factsOf(domain);
  }

  async reserveMemory(uuid: string, memoryMiB: number): Promise<MemoryReservation | undefined> {
    return this.memory.promise(uuid, memoryMiB);
  }

  async create(definition: DomainDefinition): Promise<void> {
    const { uuid, name, devices } = definition;
    this.#requireOpen(name);
    this.#mayFail(name, 'create');
    if (this.#table.has(uuid)) throw new QubesException(`The domain ${name} runs already`);
    await this.#inFolders(name, () => this.#folders.begin(name));
    this.#table.add({
      uuid,
      name,
      memoryMiB: definition.memoryMiB,
      maxMemoryMiB: definition.maxMemoryMiB,
      vcpus: definition.vcpus,
      devices,
      state: 'Paused',
      startTime: this.#clock.now() / SECOND_MS,
      hasRun: false,
      dues: [],
    });
  }

  async unpause(uuid: string): Promise<void> {
    const domain = this.#known(uuid, 'unpause');
    if (domain.state !== 'Paused') return;
    if (domain.hasRun) this.#goOn(domain);
    else await this.#boot(domain);
  }

  async pause(uuid: string): Promise<void> {
    const domain = this.#known(uuid, 'pause');
    if (domain.state === 'Paused') return;
    requireState(domain, ['Running', 'Transient'], 'paused');
    this.#put({ ...domain, state: 'Paused' }, 'paused');
  }

  async suspend(uuid: string): Promise<boolean> {
    const domain = this.#known(uuid, 'suspend');
    if (this.#settings.canSleep === false) return false;
    if (domain.state === 'Suspended') return true;
    requireState(domain, ['Running', 'Transient'], 'suspended');
    this.#put({ ...domain, state: 'Suspended' }, 'suspended');
    return true;
  }

  async wake(uuid: string): Promise<void> {
    const domain = this.#known(uuid, 'wake');
    if (domain.state === 'Suspended') this.#goOn(domain);
  }

  /** A qube that stands still does not hear it. */
  async shutdown(uuid: string): Promise<void> {
    const domain = this.#known(uuid, 'shutdown');
    const asked = askedToShutDown(domain, this.#settings, this.#clock.now());
    if (asked !== domain) this.#table.put(asked);
  }

  async destroy(uuid: string): Promise<void> {
    const domain = this.#table.find(uuid);
    if (domain === undefined) return;
    this.#mayFail(domain.name, 'destroy');
    this.#end(domain);
  }

  async forget({ name }: { readonly name: string }): Promise<void> {
    await this.#inFolders(name, () => this.#folders.remove(name));
  }

  async attach(uuid: string, device: AttachedDevice): Promise<void> {
    const domain = this.#known(uuid, 'attach');
    this.#table.put({ ...domain, devices: [...domain.devices, device] });
  }

  async detach(uuid: string, device: AttachedDevice): Promise<void> {
    const domain = this.#known(uuid, 'detach');
    this.#table.put(withoutDevice(domain, device));
  }

  attached(uuid: string): readonly AttachedDevice[] {
    return this.#table.find(uuid)?.devices ?? [];
  }

  /** @returns path of a text file: there is nothing to type into */
  async console(uuid: string): Promise<string> {
    return this.#folders.console(this.#required(uuid).name);
  }

  use(): readonly DomainUse[] {
    return [...this.#table.all()].map(useOf);
  }

  watch(listener: ChangeListener): () => void {
    return this.#changes.add(listener);
  }

  /** Ends what this process does of it: starts fail, and what runs goes on for the next host. */
  close(): void {
    this.#isClosed = true;
    this.#table.close();
    this.memory.close();
    for (const uuid of this.#booting.keys()) this.#endBoot(uuid);
  }

  get #settings(): MachineSettings {
    return this.#machine.read();
  }

  /** Lets it begin. @returns when it is up */
  async #boot(domain: Domain): Promise<void> {
    const { startSeconds = 0 } = this.#settings;
    this.#requireOpen(domain.name);
    this.#put(booted(domain, this.#settings, this.#clock.now()), 'unpaused');
    if (startSeconds === 0) return;
    await new Promise<void>((resolve) => this.#booting.set(domain.uuid, resolve));
    this.#requireOpen(domain.name);
    if (this.#table.find(domain.uuid)?.xid === domain.xid) return;
    throw new QubesException(`The domain ${domain.name} ended before it was up`);
  }

  /** The start of a domain has come to its end, if it was starting. */
  #endBoot(uuid: string): void {
    this.#booting.get(uuid)?.();
    this.#booting.delete(uuid);
  }

  #fallDue(domain: Domain, { to }: Due): void {
    const isKept = to === 'Crashed' && this.#settings.crashes?.[domain.name]?.remains === true;
    if (to === 'Running') {
      const state = domain.state === 'Transient' ? to : domain.state;
      this.#table.put({ ...domain, state });
      this.#endBoot(domain.uuid);
    } else if (isKept) {
      this.#table.put({ ...domain, state: 'Crashed', dues: [] });
    } else {
      this.#end(domain);
    }
  }

  /** Those who watch hear of it when nothing of it is left. */
  #end({ uuid, name }: Domain): void {
    this.#table.remove(uuid);
    this.#folders.end(name);
    this.#endBoot(uuid);
    this.#changes.tell(uuid, 'stopped');
  }

  #goOn(domain: Domain): void {
    this.#put({ ...this.memory.restored(domain), state: 'Running' }, 'unpaused');
  }

  #put(domain: Domain, change: DomainChange): void {
    this.#table.put(domain);
    this.#changes.tell(domain.uuid, change);
  }

  /** The domain that something is to be done to. */
  #known(uuid: string, action: MachineAction): Domain {
    const domain = this.#required(uuid);
    this.#mayFail(domain.name, action);
    return domain;
  }

  #required(uuid: string): Domain {
    const domain = this.#table.find(uuid);
    if (domain === undefined) throw new QubesException(`There is no running domain ${uuid}`);
    return domain;
  }

  #requireOpen(name: string): void {
    if (!this.#isClosed) return;
    throw new QubesException(`The domain ${name} cannot start: the host ends`);
  }

  #mayFail(name: string, action: MachineAction): void {
    const message = this.#settings.failures?.[name]?.[action];
    if (message !== undefined) throw new QubesException(message);
  }

  async #inFolders(name: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      throw new QubesException(
        `Cannot change the folders of ${name}: ${reasonOf(anyDiskError(error))}`,
      );
    });
  }
}
