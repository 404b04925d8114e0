import type { Clock } from '../base/clock.ts';
import type { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/log.ts';
import type { QubeServices } from '../base/qube-services.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { MemoryManager } from '../hypervisor/memory-manager.ts';
import type { QubesDbDoor } from '../qubesdb/qubesdb.ts';
import type { PoolRecord, Storage, VolumeRecord } from '../storage/storage.ts';
import { DeviceAssignments } from './device-assignments.ts';
import type {
  EventName,
  EventPayload,
  HandlerTable,
  QubeActions,
  QubeEvents,
  SystemEvents,
} from './events.ts';
import type { AskToAttach } from './devices/ask-to-attach.ts';
import { isBeforeTheFact } from './events.ts';
import { Features } from './features.ts';
import type { Label } from './label.ts';
import { name, qid, uuid } from './properties/identity.ts';
import type { PropertyTable } from './property.ts';
import { PropertyHolder } from './property-holder.ts';
import { Tags } from './tags.ts';

export type QubeClassName =
  'AppVM' | 'TemplateVM' | 'StandaloneVM' | 'AdminVM' | 'DispVM' | 'RemoteVM';

/** What makes a class of qubes: its parts put together. */
export interface QubeClass {
  readonly name: QubeClassName;
  readonly properties: PropertyTable<Qube>;
  readonly handlers: HandlerTable<Qube>;
  /** Volumes a new qube of this class gets; none for dom0 and qubes elsewhere. */
  readonly volumes: readonly VolumeKind[];
  /** Where its folder is, below that of the system: `appvms`. */
  readonly folder: string | undefined;
}

/** A volume that each qube of a class has. */
export interface VolumeKind {
  readonly name: 'root' | 'private' | 'volatile' | 'kernel';
  readonly rw: boolean;
  /** Begins as a copy of the template's volume of that name. */
  readonly snapOnStart: boolean;
  readonly saveOnStop: boolean;
  /** Bytes; undefined where it follows from the source or the kernel. */
  readonly size: number | undefined;
}

/** Told of every event of the system and its qubes; `subject` is undefined for the system. */
export type Observer = (subject: Qube | undefined, event: string, payload: EventPayload) => void;

/** All qubes of a system, found without a search. */
export interface Qubes extends Iterable<Qube> {
  readonly admin: Qube;
  readonly size: number;
  /** @param nameOrUuid a name, or `uuid:` and a UUID in lower case */
  find(nameOrUuid: string): Qube | undefined;
}

/** What a qube knows of the system it belongs to. */
export interface System extends PropertyHolder<System> {
  /** Itself: rows read it alike from a qube and from the system. */
  readonly system: System;
  readonly qubes: Qubes;
  readonly clock: Clock;
  readonly hypervisor: Hypervisor;
  readonly memory: MemoryManager;
  readonly storage: Storage;
  readonly qubesdb: QubesDbDoor;
  readonly services: QubeServices;
  /** Undefined where nobody can be asked. */
  readonly askToAttach: AskToAttach | undefined;
  readonly log: Logger;
  /** Held, by name, while a qube is created, removed, started or otherwise worked on for long. */
  readonly qubeLock: KeyedLock;
  /** Makes a change of several steps, none of which waits: if one fails, all are taken back. */
  apply<Result>(change: () => Result): Result;
  /** Resolves when all that has changed is on disk, and what `later` was told is done. */
  save(): Promise<void>;
  /**
   * What follows from a change outside the store (in QubesDB, in a running qube): done when the
   * change is on disk, and forgotten when it is taken back. What fails goes to the log.
   */
  later(effect: () => Promise<void>): void;
  /**
   * The label of that name, or of that index where no label has it for a name.
   * @throws QubesLabelNotFoundError
   */
  label(untrustedNameOrIndex: string): Label;
  pool(name: string): PoolRecord | undefined;
  readonly pools: Iterable<PoolRecord>;
  readonly labels: Iterable<Label>;
  /** Notes a change of a qube, and how to take it back. */
  qubeChanged(undo: () => void): void;
  /** Takes a qube off the list, without asking. */
  delete(qube: Qube): void;
  /** Runs the handlers of an event of the system and tells the observers, in the order that fits. */
  fire<Event extends EventName<SystemEvents>>(event: Event, payload: SystemEvents[Event]): void;
  /** Tells the observers. */
  observe(subject: Qube | undefined, event: string, payload: EventPayload): void;
  /** A number for a new disposable that none has and none had lately. */
  takeDispid(): number;
  /** Nothing came of the disposable the number was for. */
  takeBackDispid(number: number): void;
}

/**
 * How far a qube is in the system: `loading` from the store, without events; `new`, its handlers
 * run but nobody knows of it; `listed` for all to see; `gone` after its removal.
 */
export type Presence = 'loading' | 'new' | 'listed' | 'gone';

/** A qube of any class: its properties, features, tags, devices and volumes. */
export class Qube extends PropertyHolder<Qube> {
  readonly system: System;
  readonly klass: QubeClass;
  readonly features: Features;
  readonly tags: Tags;
  readonly devices: DeviceAssignments;
  presence: Presence = 'loading';
  #volumes: ReadonlyMap<string, VolumeRecord> = new Map();
  #version = 0;

  constructor(system: System, klass: QubeClass) {
    super();
    this.system = system;
    this.klass = klass;
    this.features = new Features(this);
    this.tags = new Tags(this);
    this.devices = new DeviceAssignments(this);
  }

  protected get self(): this {
    return this;
  }

  get properties(): PropertyTable<Qube> {
    return this.klass.properties;
  }

  get className(): string {
    return this.klass.name;
  }

  get title(): string {
    return this.name;
  }

  get name(): string {
    return this.get(name);
  }

  get qid(): number {
    return this.get(qid);
  }

  get uuid(): string {
    return this.get(uuid);
  }

  /** Grows whenever something that is saved changes. */
  get version(): number {
    return this.#version;
  }

  /** Its folder below that of the system, where it has one: `appvms/work`. */
  get folder(): string | undefined {
    return this.klass.folder === undefined ? undefined : `${this.klass.folder}/${this.name}`;
  }

  get volumes(): ReadonlyMap<string, VolumeRecord> {
    return this.#volumes;
  }

  /** Replaces one volume's record, or adds it. */
  setVolume(volume: string, record: VolumeRecord): void {
    const before = this.#volumes;
    this.#volumes = new Map(before).set(volume, record);
    this.changed(() => {
      this.#volumes = before;
    });
  }

  /**
   * Runs the handlers of an event and tells the observers: before the fact first the observers,
   * after it last.
   * @throws AdminError when a handler vetoes
   */
  fire<Event extends EventName<QubeEvents>>(event: Event, payload: QubeEvents[Event]): void {
    this.announce(event, payload);
  }

  /**
   * The same for an action, whose handlers may take their time.
   * @throws AdminError when a handler vetoes or fails
   */
  async act<Action extends EventName<QubeActions>>(
    action: Action,
    payload: QubeActions[Action],
  ): Promise<void> {
    const before = isBeforeTheFact(action);
    if (before) this.#tellObservers(action, payload);
    await this.klass.handlers.act(this, action, payload);
    if (!before) this.#tellObservers(action, payload);
  }

  announce(event: string, payload: EventPayload): void {
    if (this.presence === 'loading') return;
    const before = isBeforeTheFact(event);
    if (before) this.#tellObservers(event, payload);
    this.klass.handlers.run(this, event, payload);
    if (!before) this.#tellObservers(event, payload);
  }

  /** Comes into the system, or leaves it. */
  become(presence: Presence): void {
    const before = this.presence;
    this.presence = presence;
    this.changed(() => {
      this.presence = before;
    });
  }

  changed(undo: () => void): void {
    this.#version++;
    // Nobody knows of it yet: there is nothing to save, and nothing to take back.
    if (this.presence === 'loading') return;
    this.system.qubeChanged(() => {
      this.#version++;
      undo();
    });
  }

  #tellObservers(event: string, payload: EventPayload): void {
    if (this.presence === 'listed') this.system.observe(this, event, payload);
  }
}
