import type { EventPayload } from './events.ts';

/** Whose features or tags they are. */
export interface Owner {
  announce(event: string, payload: EventPayload): void;
  changed(undo: () => void): void;
}

/**
 * The features of a qube. Each has one of three states: absent, `''` for false, any other text for
 * true. There is no way to change one without its events.
 */
export class Features implements Iterable<readonly [name: string, value: string]> {
  readonly #owner: Owner;
  #values = new Map<string, string>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Whether a feature is there and true. */
  isOn(name: string): boolean {
    return (this.#values.get(name) ?? '') !== '';
  }

  /** Names in the order in which they were first set. */
  names(): IterableIterator<string> {
    return this.#values.keys();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  /**
   * @param value true is kept as `1`; false and null as `''`; a number by its digits, so that 0
   * becomes `'0'`, which is true
   * @throws AdminError when a handler refuses
   */
  set(name: string, value: string | number | boolean | null): void {
    const text = toText(value);
    const before = this.#values.get(name);
    const payload = {
      feature: name,
      value: text,
      ...(before === undefined ? {} : { oldvalue: before }),
    };
    this.#owner.announce(`domain-feature-pre-set:${name}`, payload);
    this.#replace(new Map(this.#values).set(name, text));
    this.#owner.announce(`domain-feature-set:${name}`, payload);
  }

  /** @returns false when there was no such feature */
  delete(name: string): boolean {
    if (!this.#values.has(name)) return false;
    this.#owner.announce(`domain-feature-pre-delete:${name}`, { feature: name });
    const rest = new Map(this.#values);
    rest.delete(name);
    this.#replace(rest);
    this.#owner.announce(`domain-feature-delete:${name}`, { feature: name });
    return true;
  }

  /** Deletes all, with the events of each. */
  clear(): void {
    for (const name of [...this.#values.keys()]) this.delete(name);
  }

  /** Sets several, with the events of each. */
  update(features: Iterable<readonly [string, string | number | boolean | null]>): void {
    for (const [name, value] of [...features]) this.set(name, value);
  }

  /** What the store says; without events. */
  load(features: Iterable<readonly [string, string]>): void {
    this.#values = new Map(features);
  }

  #replace(values: Map<string, string>): void {
    const before = this.#values;
    this.#values = values;
    // Taking back puts the whole map back, and with it the order of the names.
    this.#owner.changed(() => {
      this.#values = before;
    });
  }
}

function toText(value: string | number | boolean | null): string {
  if (typeof value === 'boolean' || value === null) return value === true ? '1' : '';
  return String(value);
}
