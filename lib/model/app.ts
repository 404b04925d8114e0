import { QubesLabelNotFoundError } from '../base/admin-error.ts';
import type { Clock } from '../base/clock.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/log.ts';
import type { QubeServices } from '../base/qube-services.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { MemoryManager } from '../hypervisor/memory-manager.ts';
import type { QubesDbDoor } from '../qubesdb/qubesdb.ts';
import type { PoolRecord, Storage } from '../storage/storage.ts';
import { ChangeLog } from './change-log.ts';
import { Dispids } from './dispids.ts';
import type { AskToAttach } from './devices/ask-to-attach.ts';
import type { EventName, EventPayload, SystemEvents } from './events.ts';
import { HandlerTable, isBeforeTheFact } from './events.ts';
import { SYSTEM_HANDLERS } from './system-handlers.ts';
import { BUILT_IN_LABELS } from './label.ts';
import type { Label } from './label.ts';
import { dispid } from './properties/dispid.ts';
import { SYSTEM_PROPERTIES } from './properties/system.ts';
import { PropertyHolder } from './property-holder.ts';
import { QubeCollection } from './qube-collection.ts';
import type { Observer, Qube, System } from './qube.ts';

/** The outside of a system, chosen by the program. */
export interface Doors {
  readonly clock: Clock;
  readonly hypervisor: Hypervisor;
  readonly memory: MemoryManager;
  readonly storage: Storage;
  readonly qubesdb: QubesDbDoor;
  readonly services: QubeServices;
  readonly askToAttach?: AskToAttach;
}

type Effect = () => Promise<void>;

const HANDLERS = new HandlerTable<System>(SYSTEM_HANDLERS);

/**
 * The system: its qubes, labels, pools and global properties. Changes are made within `apply`, at
 * once and in memory; `save` tells when they are on disk.
 */
export class App extends PropertyHolder<System> implements System {
  readonly qubes = new QubeCollection();
  readonly clock: Clock;
  readonly hypervisor: Hypervisor;
  readonly memory: MemoryManager;
  readonly storage: Storage;
  readonly qubesdb: QubesDbDoor;
  readonly services: QubeServices;
  readonly askToAttach: AskToAttach | undefined;
  readonly changes = new ChangeLog();
  /** Held, by name, while a qube is created, removed or otherwise worked on for long. */
  readonly qubeLock = new KeyedLock();
  /** Held, by name, while a pool is added or removed. */
  readonly poolLock = new KeyedLock();
  readonly title = 'Qubes';
  readonly className = 'Qubes';
  readonly properties = SYSTEM_PROPERTIES;
  #labels: readonly Label[] = BUILT_IN_LABELS;
  #pools: readonly PoolRecord[] = [];
  #save: () => Promise<void> = () => Promise.resolve();
  #loading = true;
  #version = 0;
  #ownVersion = 0;
  readonly #observers = new Set<Observer>();
  readonly #onTakenBack = new Set<() => void>();
  readonly #dispids = new Dispids();
  readonly log: Logger;
  #effects: readonly Effect[] = [];

  constructor(doors: Doors, log: Logger) {
    super();
    this.log = log;
    this.clock = doors.clock;
    this.hypervisor = doors.hypervisor;
    this.memory = doors.memory;
    this.storage = doors.storage;
    this.qubesdb = doors.qubesdb;
    this.services = doors.services;
    this.askToAttach = doors.askToAttach;
  }

  get system(): System {
    return this;
  }

  protected get self(): System {
    return this;
  }

  /** Grows with every change of anything that is saved. */
  get version(): number {
    return this.#version;
  }

  /** Grows with every change of what is saved outside the qubes, and of which qubes there are. */
  get ownVersion(): number {
    return this.#ownVersion;
  }

  /** Says how changes get to the disk. */
  saveWith(save: () => Promise<void>): void {
    this.#save = save;
  }

  /**
   * Resolves when all that has changed is on disk, and what follows from it outside is done.
   * @throws QubesException when it cannot be written; all that was not on disk is taken back then
   */
  async save(): Promise<void> {
    const effects = this.#effects;
    this.#effects = [];
    try {
      await this.#save();
    } catch (error) {
      for (const tell of this.#onTakenBack) tell();
      throw error;
    }
    for (const effect of effects) {
      await effect().catch((error: unknown) => {
        this.log.error({ err: error }, 'A change is saved, but what follows from it failed');
      });
    }
  }

  /**
   * Says who is told that changes could not be saved, and were taken back: anybody's, so that what
   * somebody has built on is not so any more.
   * @returns what ends it
   */
  whenTakenBack(tell: () => void): () => void {
    this.#onTakenBack.add(tell);
    return () => void this.#onTakenBack.delete(tell);
  }

  later(effect: Effect): void {
    this.#effects = [...this.#effects, effect];
    this.changes.record(() => {
      this.#effects = this.#effects.filter((other) => other !== effect);
    });
  }

  /** Ends the loading: from now on there are events, and changes are noted. */
  loaded(): void {
    this.#loading = false;
  }

  /** By their index. */
  get labels(): readonly Label[] {
    return this.#labels;
  }

  label(untrustedNameOrIndex: string): Label {
    const found =
      this.#labels.find(({ name }) => name === untrustedNameOrIndex) ??
      this.#labels.find(({ index }) => isNumber(untrustedNameOrIndex, index));
    if (found === undefined) throw QubesLabelNotFoundError.of(untrustedNameOrIndex);
    return found;
  }

  set labels(labels: readonly Label[]) {
    const before = this.#labels;
    this.#labels = labels.toSorted((one, other) => one.index - other.index);
    this.changed(() => {
      this.#labels = before;
    });
  }

  get pools(): readonly PoolRecord[] {
    return this.#pools;
  }

  set pools(pools: readonly PoolRecord[]) {
    const before = this.#pools;
    this.#pools = pools;
    this.changed(() => {
      this.#pools = before;
    });
  }

  pool(name: string): PoolRecord | undefined {
    return this.#pools.find((pool) => pool.name === name);
  }

  takeDispid(): number {
    const used = new Set([...this.qubes].map((qube) => qube.find(dispid)));
    return this.#dispids.take((number) => used.has(number));
  }

  takeBackDispid(number: number): void {
    this.#dispids.takeBack(number);
  }

  /** Lists a qube. @throws Error when its name, qid or uuid is taken */
  add(qube: Qube): void {
    this.qubes.add(qube);
    this.changed(() => this.qubes.delete(qube));
  }

  /** Takes a qube off the list, without asking. */
  delete(qube: Qube): void {
    this.qubes.delete(qube);
    const number = qube.find(dispid);
    if (number !== undefined) this.#dispids.giveUp(number);
    this.changed(() => this.qubes.add(qube));
  }

  /**
   * Makes a change of several steps, none of which waits: if one fails, all are taken back.
   * Observers may have heard of a step that was taken back.
   */
  apply<Result>(change: () => Result): Result {
    const before = this.changes.length;
    try {
      return change();
    } catch (error) {
      this.changes.rollBackTo(before);
      throw error;
    }
  }

  changed(undo: () => void): void {
    this.#ownVersion++;
    this.#note(() => {
      this.#ownVersion++;
      undo();
    });
  }

  /** A qube has changed. */
  qubeChanged(undo: () => void): void {
    this.#note(undo);
  }

  /** Runs the handlers of an event of the system and tells the observers, in the order that fits. */
  fire<Event extends EventName<SystemEvents>>(event: Event, payload: SystemEvents[Event]): void {
    this.announce(event, payload);
  }

  announce(event: string, payload: EventPayload): void {
    if (this.#loading) return;
    const before = isBeforeTheFact(event);
    if (before) this.observe(undefined, event, payload);
    HANDLERS.run(this, event, payload);
    if (!before) this.observe(undefined, event, payload);
  }

  observe(subject: Qube | undefined, event: string, payload: EventPayload): void {
    for (const observer of this.#observers) observer(subject, event, payload);
  }

  /** @returns what ends it */
  addObserver(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  #note(undo: () => void): void {
    this.#version++;
    if (this.#loading) return;
    this.changes.record(() => {
      this.#version++;
      undo();
    });
  }
}

/** Whether a text is a number in digits, with or without zeros in front. */
function isNumber(untrusted: string, number: number): boolean {
  return /^[0-9]+$/.test(untrusted) && Number(untrusted) === number;
}
