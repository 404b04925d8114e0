import type { Qube, Qubes } from './qube.ts';

const UUID_PREFIX = 'uuid:';

/** All qubes of a system, dom0 first, the others by name; finding one is no search. */
export class QubeCollection implements Qubes {
  readonly #byName = new Map<string, Qube>();
  readonly #byUuid = new Map<string, Qube>();
  readonly #byQid = new Map<number, Qube>();
  #sorted: readonly Qube[] | undefined;

  get admin(): Qube {
    const admin = this.#byQid.get(0);
    if (admin === undefined) throw new Error('There is no dom0');
    return admin;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(nameOrUuid: string): Qube | undefined {
    return nameOrUuid.startsWith(UUID_PREFIX)
      ? this.#byUuid.get(nameOrUuid.slice(UUID_PREFIX.length))
      : this.#byName.get(nameOrUuid);
  }

  byQid(qid: number): Qube | undefined {
    return this.#byQid.get(qid);
  }

  [Symbol.iterator](): Iterator<Qube> {
    this.#sorted ??= [...this.#byName.values()].sort(byPlace);
    return this.#sorted[Symbol.iterator]();
  }

  /** @throws Error when name, qid or uuid is taken */
  add(qube: Qube): void {
    if (this.#byName.has(qube.name)) throw new Error(`There are two qubes ${qube.name}`);
    if (this.#byQid.has(qube.qid)) throw new Error(`There are two qubes of qid ${qube.qid}`);
    if (this.#byUuid.has(qube.uuid)) throw new Error(`There are two qubes of uuid ${qube.uuid}`);
    this.#byName.set(qube.name, qube);
    this.#byUuid.set(qube.uuid, qube);
    this.#byQid.set(qube.qid, qube);
    this.#sorted = undefined;
  }

  delete(qube: Qube): void {
    this.#byName.delete(qube.name);
    this.#byUuid.delete(qube.uuid);
    this.#byQid.delete(qube.qid);
    this.#sorted = undefined;
  }
}

/** By code point, as clients get the list. */
function byPlace(one: Qube, other: Qube): number {
  if (one.qid === 0) return -1;
  if (other.qid === 0) return 1;
  return one.name < other.name ? -1 : 1;
}
