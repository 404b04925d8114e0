import type { AdminCalls } from './calls.ts';
import {
  parseDefault,
  parseProperties,
  parseProperty,
  type PropertyDefault,
  type PropertyValue,
} from './property-value.ts';
import { parseNames } from './reply-text.ts';

/** The properties of a qube, or the global ones. */
export class Properties {
  readonly #calls: AdminCalls;
  readonly #object: 'admin.vm.property' | 'admin.property';
  readonly #destination: string;

  /** @param qube undefined for the global ones */
  constructor(calls: AdminCalls, qube: string | undefined) {
    this.#calls = calls;
    this.#object = qube === undefined ? 'admin.property' : 'admin.vm.property';
    this.#destination = qube ?? 'dom0';
  }

  async list(): Promise<readonly string[]> {
    return parseNames(`${this.#object}.List`, await this.#text('List', ''));
  }

  async get(property: string): Promise<PropertyValue> {
    return parseProperty(`${this.#object}.Get`, await this.#text('Get', property));
  }

  async getAll(): Promise<ReadonlyMap<string, PropertyValue>> {
    return parseProperties(`${this.#object}.GetAll`, await this.#text('GetAll', ''));
  }

  /** @returns undefined for a property that has no default */
  async getDefault(property: string): Promise<PropertyDefault | undefined> {
    return parseDefault(`${this.#object}.GetDefault`, await this.#text('GetDefault', property));
  }

  /** @param value as on the wire; empty for none, where the property can have none */
  async set(property: string, value: string): Promise<void> {
    await this.#text('Set', property, value);
  }

  /** Lets it follow its default again. */
  async reset(property: string): Promise<void> {
    await this.#text('Reset', property);
  }

  /** What the property is for, as plain text. */
  help(property: string): Promise<string> {
    return this.#text('Help', property);
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    const destination = this.#destination;
    return this.#calls.text(`${this.#object}.${verb}`, { destination, argument, payload });
  }
}
