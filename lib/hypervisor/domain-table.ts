import { AdminError } from '../base/admin-error.ts';
import type { Clock } from '../base/clock.ts';
import { NO_DOMAINS } from './domain.ts';
import type { Domain, Domains, DomainStore, Due } from './domain.ts';

/** When what was due is tried again. */
const RETRY_MS = 1000;

/**
 * The domains of the embedded machine, read from their store when first asked for and saved at each
 * change. What becomes of them by itself is called for at its time, by this host or the next.
 */
export class DomainTable {
  readonly #store: DomainStore;
  readonly #clock: Clock;
  readonly #onDue: (domain: Domain, due: Due) => void;
  /** Called after each change. */
  onChange: () => void = () => undefined;
  #loaded: Domains | undefined;
  #version = 0;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  /** @param onDue puts the domain, which is rid of the due, as it is then, or removes it */
  constructor(store: DomainStore, clock: Clock, onDue: (domain: Domain, due: Due) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Whether what is in the store is of this run of the machine; if not, it is from now on.
   * @throws QubesException when it cannot be read, or written
   */
  resume(): boolean {
    const isOfThisRun = this.#store.load() !== undefined;
    if (!isOfThisRun) this.#save(NO_DOMAINS);
    return isOfThisRun;
  }

  all(): Iterable<Domain> {
    return this.#domains().byUuid.values();
  }

  find(uuid: string): Domain | undefined {
    return this.#domains().byUuid.get(uuid);
  }

  has(uuid: string): boolean {
    return this.#domains().byUuid.has(uuid);
  }

  /** Adds a domain, with a number of its own. @throws QubesException when the disk refuses */
  add(domain: Omit<Domain, 'xid'>): void {
    const xid = this.#domains().lastXid + 1;
    this.#change({ ...domain, xid }, xid);
  }

  /** Puts it in the place of what has its UUID. @throws QubesException when the disk refuses */
  put(domain: Domain): void {
    this.#change(domain, this.#domains().lastXid);
  }

  /** @throws QubesException when the disk refuses */
  remove(uuid: string): void {
    const { byUuid, lastXid } = this.#domains();
    const others = [...byUuid].filter(([other]) => other !== uuid);
    this.#save({ byUuid: new Map(others), lastXid });
  }

  /** Calls nobody any more; what is due stays for the next host. */
  close(): void {
    this.#isClosed = true;
    this.#callOff();
  }

  #domains(): Domains {
    if (this.#loaded === undefined) {
      this.#loaded = this.#store.load() ?? NO_DOMAINS;
      this.#arm();
    }
    return this.#loaded;
  }

  #change(domain: Domain, lastXid: number): void {
    const { byUuid } = this.#domains();
    this.#save({ byUuid: new Map(byUuid).set(domain.uuid, domain), lastXid });
  }

  #save(domains: Domains): void {
    this.#store.save(domains);
    this.#loaded = domains;
    this.#version++;
    this.#arm();
    this.onChange();
  }

  /** Waits for the next thing that is due. */
  #arm(): void {
    this.#callOff();
    if (this.#isClosed) return;
    const times = [...this.all()].flatMap(({ dues }) => dues.map(({ at }) => at));
    if (times.length === 0) return;
    const ms = Math.max(0, Math.min(...times) - this.#clock.now());
    this.#callOff = this.#clock.after(ms, () => this.#callForDues());
  }

  /** Calls for the first thing that is due of each domain; for others there is another turn. */
  #callForDues(): void {
    const now = this.#clock.now();
    try {
      for (const domain of this.all()) {
        const [first, ...others] = domain.dues.toSorted((one, other) => one.at - other.at);
        if (first !== undefined && first.at <= now) {
          this.#onDue({ ...domain, dues: others }, first);
        }
      }
      this.#arm();
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      // The disk refuses, and nobody is there who could be told.
      this.#callOff = this.#clock.after(RETRY_MS, () => this.#callForDues());
    }
  }
}
