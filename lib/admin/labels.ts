import type { Label } from '../model/label.ts';
import type { AdminCalls } from './calls.ts';
import { parseNames, unreadable } from './reply-text.ts';
import { someAtOnce } from './some-at-once.ts';

/** The labels of the system. */
export class Labels {
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
  }

  /** Names, by index. */
  async list(): Promise<readonly string[]> {
    return parseNames('admin.label.List', await this.#text('List', ''));
  }

  /** @throws QubesLabelNotFoundError */
  async get(name: string): Promise<Label> {
    const [color, index] = await Promise.all([this.#text('Get', name), this.#text('Index', name)]);
    if (!/^0x[0-9a-fA-F]{6}$/.test(color)) throw unreadable('admin.label.Get', color);
    if (!/^\d{1,9}$/.test(index)) throw unreadable('admin.label.Index', index);
    return { name, color, index: Number(index) };
  }

  async getAll(): Promise<readonly Label[]> {
    return someAtOnce(await this.list(), (name) => this.get(name));
  }

  /** @param color `0xRRGGBB` */
  async create(name: string, color: string): Promise<void> {
    await this.#text('Create', name, color);
  }

  async remove(name: string): Promise<void> {
    await this.#text('Remove', name);
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    return this.#calls.text(`admin.label.${verb}`, { argument, payload });
  }
}
