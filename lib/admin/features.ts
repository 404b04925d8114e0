import { QubesFeatureNotFoundError } from '../base/admin-error.ts';
import type { AdminCalls } from './calls.ts';
import { parseNames } from './reply-text.ts';
import { someAtOnce } from './some-at-once.ts';

/** The features of a qube. */
export class QubeFeatures {
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string) {
    this.#calls = calls;
    this.#qube = qube;
  }

  async list(): Promise<readonly string[]> {
    return parseNames('admin.vm.feature.List', await this.#text('List', ''));
  }

  /** @throws QubesFeatureNotFoundError */
  get(feature: string): Promise<string> {
    return this.#text('Get', feature);
  }

  /** All of them: a call each, but one that went away meanwhile is left out. */
  async getAll(): Promise<ReadonlyMap<string, string>> {
    const found = await someAtOnce(
      await this.list(),
      async (name) => [name, await this.find(name)] as const,
    );
    return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  }

  /** @returns undefined when there is no such feature */
  async find(feature: string): Promise<string | undefined> {
    try {
      return await this.get(feature);
    } catch (error) {
      if (error instanceof QubesFeatureNotFoundError) return undefined;
      throw error;
    }
  }

  /** @param value empty for false */
  async set(feature: string, value: string): Promise<void> {
    await this.#text('Set', feature, value);
  }

  async remove(feature: string): Promise<void> {
    await this.#text('Remove', feature);
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    const destination = this.#qube;
    return this.#calls.text(`admin.vm.feature.${verb}`, { destination, argument, payload });
  }
}
