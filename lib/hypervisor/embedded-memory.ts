import { QubesException } from '../base/admin-error.ts';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { takenMiB } from './domain-facts.ts';
import { SECOND_MS } from './domain-steps.ts';
import type { DomainTable } from './domain-table.ts';
import type { Domain } from './domain.ts';
import type { HostFacts, MemoryReservation } from './hypervisor.ts';
import type { MachineSettings } from './machine.ts';
import { MemoryBook } from './memory-book.ts';
import type { MemoryManager } from './memory-manager.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the memory of an embedded machine is counted from. */
interface Machine {
  readonly host: () => HostFacts;
  readonly settings: () => MachineSettings;
  readonly table: DomainTable;
  readonly clock: Clock;
}

/**
 * The memory of the embedded machine, which is counted and never given twice: a domain has its own
 * amount, or what it kept when it was asked to; when it goes on after a pause it takes back of its
 * own amount what is free then.
 */
export class EmbeddedMemory implements MemoryManager {
  readonly #machine: Machine;
  readonly #promised = new MemoryBook();
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.table.onChange = () => this.#tell();
  }

  /** Bytes that are neither dom0's, nor anybody's, nor promised; undefined where none are moved. */
  get availableBytes(): number | undefined {
    if (!this.#machine.host().balancesMemory) return undefined;
    return Math.max(0, Math.floor(this.#freeMiB * MIB));
  }

  async available(): Promise<number | undefined> {
    return this.availableBytes;
  }

  /** @param uuid of whom it is promised to, until that has memory itself */
  promise(uuid: string, memoryMiB: number): MemoryReservation | undefined {
    if (memoryMiB > this.#freeMiB) return undefined;
    const promised = this.#promised.promise(uuid, memoryMiB);
    this.#tell();
    return {
      release: () => {
        promised.release();
        this.#tell();
      },
    };
  }

  /** @param bytes to keep, if not what it needs */
  async shrink(xid: number, signal: AbortSignal, bytes?: number): Promise<void> {
    const { settings, host, clock, table } = this.#machine;
    const { shrinkSeconds = 0, failures } = settings();
    const { name } = this.#domain(xid);
    const failure = failures?.[name]?.shrink;
    if (failure !== undefined) throw new QubesException(failure);
    if (!host().balancesMemory) throw new QubesException('This machine does not move memory');
    const ended = AbortSignal.any([signal, this.#ended.signal]);
    ended.throwIfAborted();
    if (shrinkSeconds > 0) await sleep(clock, shrinkSeconds * SECOND_MS, ended);
    const domain = this.#domain(xid);
    const { preferredMiB = Infinity } = settings();
    const wanted = bytes === undefined ? preferredMiB : Math.max(1, Math.ceil(bytes / MIB));
    // What has not run yet has not said what it needs.
    if (domain.hasRun && wanted < takenMiB(domain)) table.put({ ...domain, keptMiB: wanted });
  }

  /** A domain that goes on: with its own amount, or as much of it as there is. */
  restored(domain: Domain): Domain {
    const missing = domain.memoryMiB - takenMiB(domain);
    if (missing === 0) return domain;
    const free = Math.max(0, Math.floor(this.#freeMiB));
    const keptMiB = free < missing ? takenMiB(domain) + free : undefined;
    return { ...domain, keptMiB };
  }

  watch(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Whoever waits for a domain to shrink waits no more. */
  close(): void {
    this.#ended.abort(new QubesException('Memory is not moved any more: the host ends'));
  }

  get #freeMiB(): number {
    const { host, table } = this.#machine;
    const { memoryKiB, adminMemoryMiB } = host();
    let free = memoryKiB / KIB - adminMemoryMiB;
    free -= this.#promised.promisedTo((uuid) => table.has(uuid));
    for (const domain of table.all()) free -= takenMiB(domain);
    return free;
  }

  #domain(xid: number): Domain {
    for (const domain of this.#machine.table.all()) if (domain.xid === xid) return domain;
    throw new QubesException(`There is no domain ${xid}`);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
