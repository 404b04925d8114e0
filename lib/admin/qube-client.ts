import type { AdminCalls } from './calls.ts';
import { QubeFeatures } from './features.ts';
import { Properties } from './properties.ts';
import { parseQubeState, type QubeState } from './qube-state.ts';
import { QubeTags } from './tags.ts';

/** One qube, by its name; that it is there is not asked before a call is made. */
export class QubeClient {
  readonly name: string;
  readonly properties: Properties;
  readonly features: QubeFeatures;
  readonly tags: QubeTags;
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls, name: string) {
    this.#calls = calls;
    this.name = name;
    this.properties = new Properties(calls, name);
    this.features = new QubeFeatures(calls, name);
    this.tags = new QubeTags(calls, name);
  }

  async state(): Promise<QubeState> {
    return parseQubeState(await this.#text('admin.vm.CurrentState'));
  }

  /** Empty when there are none. */
  notes(): Promise<string> {
    return this.#text('admin.vm.notes.Get');
  }

  /** @param notes empty to take them away, which stock qubesd refuses */
  async setNotes(notes: string): Promise<void> {
    await this.#text('admin.vm.notes.Set', notes);
  }

  /** Removes it with its data. @throws QubesVMInUseError, QubesVMNotHaltedError */
  async remove(): Promise<void> {
    await this.#text('admin.vm.Remove');
  }

  #text(method: string, payload = ''): Promise<string> {
    return this.#calls.text(method, { destination: this.name, payload });
  }
}
