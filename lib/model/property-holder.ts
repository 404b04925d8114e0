import { QubesNoSuchPropertyError, QubesPropertyValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { EventPayload } from './events.ts';
import { printValue } from './property.ts';
import type { Named, Property, PropertyTable, PropertyValue } from './property.ts';

/** Something with properties: a qube, or the system with its global ones. */
export abstract class PropertyHolder<Self> {
  readonly #values = new Map<string, PropertyValue>();

  /** The holder, as rows take it. */
  protected abstract readonly self: Self;
  /** All its properties, in the order in which clients see them. */
  abstract readonly properties: PropertyTable<Self>;
  /** As messages call it. */
  abstract readonly title: string;
  /** The name of its class. */
  abstract readonly className: string;

  /** Lets handlers and observers know, in the order that fits the event. */
  abstract announce(event: string, payload: EventPayload): void;
  /** Notes a change that is to be saved, and how to take it back. */
  abstract changed(undo: () => void): void;

  /**
   * The row of an untrusted name.
   * @throws QubesNoSuchPropertyError
   */
  property(untrustedName: string): Property<Self> {
    const row = this.properties.find(untrustedName);
    if (row === undefined) throw QubesNoSuchPropertyError.of(this.title, untrustedName);
    return row;
  }

  /** Whether its class has this property. */
  has(row: Named): boolean {
    return this.properties.find(row.name) !== undefined;
  }

  /** A value, set or by default; undefined where there is neither, or no such property. */
  find<Value extends PropertyValue>(row: Property<never, Value>): Value | undefined {
    const own = this.#values.get(row.name);
    // A class can give a property another default, never another type.
    const value = own === undefined ? this.properties.find(row.name)?.defaultOf?.(this.self) : own;
    return value as Value | undefined;
  }

  /** A value that every holder of its class has. */
  get<Value extends PropertyValue>(row: Property<never, Value>): Value {
    const value = this.find(row);
    // Not its title, which may be the very thing it lacks.
    if (value === undefined) throw new Error(`A ${this.className} has no ${row.name}`);
    return value;
  }

  /** What applies when the property is not set; undefined where nothing does. */
  defaultOf(row: Named): PropertyValue | undefined {
    return this.properties.find(row.name)?.defaultOf?.(this.self);
  }

  isDefault(row: Named): boolean {
    return !this.#values.has(row.name);
  }

  /**
   * Sets a property, with its events.
   * @throws AdminError when a rule of the property or a handler refuses; nothing has changed then
   */
  set<Value extends PropertyValue>(row: Property<never, Value>, value: Value): void {
    const own = this.property(row.name);
    this.#requireWritable(own);
    const checked = own.check(this.self, value);
    const oldvalue = this.find(row);
    const payload = {
      name: row.name,
      newvalue: checked,
      ...(oldvalue === undefined ? {} : { oldvalue }),
    };
    this.announce(`property-pre-set:${row.name}`, payload);
    this.put(row.name, checked);
    this.announce(`property-set:${row.name}`, payload);
  }

  /**
   * Sets a property from the text of a caller.
   * @throws AdminError
   */
  setText(row: Property<Self>, untrusted: string): void {
    this.set(row, row.parse(this.self, untrusted));
  }

  /**
   * Takes the value away, so that the default applies again, with its events.
   * @throws AdminError when a handler refuses
   */
  reset(row: Named): void {
    const own = this.property(row.name);
    if (own.writeOnce) throw new QubesPropertyValueError(writtenOnce(own.name));
    const old = this.find(own);
    const payload = { name: row.name, ...(old === undefined ? {} : { oldvalue: old }) };
    this.announce(`property-pre-reset:${row.name}`, payload);
    // Old names of the same events; clients of before Qubes 5 listen to them.
    this.announce(`property-pre-del:${row.name}`, payload);
    this.put(row.name, undefined);
    this.announce(`property-reset:${row.name}`, payload);
    this.announce(`property-del:${row.name}`, payload);
  }

  /** Gives a value without events and rules: while loading, and for what a handler has judged. */
  put(name: string, value: PropertyValue | undefined): void {
    const before = this.#values.get(name);
    if (before === value) return;
    this.#assign(name, value);
    this.changed(() => this.#assign(name, before));
  }

  /** What is set and to be saved: name and text of each, in order. */
  *savedProperties(): Generator<readonly [name: string, text: string]> {
    for (const row of this.properties) {
      const value = row.saved ? this.#values.get(row.name) : undefined;
      if (value !== undefined) yield [row.name, printValue(value)];
    }
  }

  #assign(name: string, value: PropertyValue | undefined): void {
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
  }

  #requireWritable(row: Property<Self>): void {
    if (row.readOnly) {
      throw new QubesPropertyValueError(
        `property ${pythonRepr(row.name)} on ${this.className} instance cannot be set`,
      );
    }
    if (row.writeOnce && !this.isDefault(row)) {
      throw new QubesPropertyValueError(writtenOnce(row.name));
    }
  }
}

function writtenOnce(name: string): string {
  return `property ${pythonRepr(name)} is write-once and already set`;
}
