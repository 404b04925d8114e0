import type { Clock } from '../base/clock.ts';
import type { Domain, Domains, DomainStore, Due } from './domain.ts';

/**
 * The domains of the embedded machine, read from their store when first asked for and saved at each
 * change. What becomes of them by itself is called for at its time, by this host or the next.
 */
export class DomainTable {
  readonly #store: DomainStore;
  readonly #clock: Clock;
  readonly #onDue: (domain: Domain, due: Due) => void;
  #loaded: Domains | undefined;
  #version = 0;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  /** @param onDue what is to be done; the domain is rid of the due then */
  constructor(store: DomainStore, clock: Clock, onDue: (domain: Domain, due: Due) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
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
      this.#loaded = this.#store.load();
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

  #callForDues(): void {
    const now = this.#clock.now();
    for (const domain of this.all()) {
      const ripe = domain.dues.filter(({ at }) => at <= now);
      if (ripe.length === 0) continue;
      const rid = { ...domain, dues: domain.dues.filter(({ at }) => at > now) };
      this.put(rid);
      for (const due of ripe) this.#onDue(rid, due);
    }
    this.#arm();
  }
}
