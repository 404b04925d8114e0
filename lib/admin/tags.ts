import type { AdminCalls } from './calls.ts';
import { parseNames, unreadable } from './reply-text.ts';

/** The tags of a qube. */
export class QubeTags {
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string) {
    this.#calls = calls;
    this.#qube = qube;
  }

  async list(): Promise<readonly string[]> {
    return parseNames('admin.vm.tag.List', await this.#text('List', ''));
  }

  async has(tag: string): Promise<boolean> {
    const untrustedAnswer = await this.#text('Get', tag);
    if (untrustedAnswer === '1') return true;
    if (untrustedAnswer === '0') return false;
    throw unreadable('admin.vm.tag.Get', untrustedAnswer);
  }

  async add(tag: string): Promise<void> {
    await this.#text('Set', tag);
  }

  /** @throws QubesTagNotFoundError */
  async remove(tag: string): Promise<void> {
    await this.#text('Remove', tag);
  }

  #text(verb: string, argument: string): Promise<string> {
    return this.#calls.text(`admin.vm.tag.${verb}`, { destination: this.#qube, argument });
  }
}
