import type { AdminCalls } from './calls.ts';
import { DeniedInterfaces, QubeDevices } from './devices.ts';
import { QubeFeatures } from './features.ts';
import { QubeFirewall } from './firewall.ts';
import { Properties } from './properties.ts';
import { parseQubeState, type QubeState } from './qube-state.ts';
import { QubeTags } from './tags.ts';
import { QubeVolumes } from './volumes.ts';

export interface ShutdownOptions {
  /** Also when others need it. */
  readonly force: boolean;
  /** Resolve when it has halted, not when it was asked to. */
  readonly wait: boolean;
}

/** One qube, by its name; that it is there is not asked before a call is made. */
export class QubeClient {
  readonly name: string;
  readonly properties: Properties;
  readonly features: QubeFeatures;
  readonly tags: QubeTags;
  readonly volumes: QubeVolumes;
  readonly firewall: QubeFirewall;
  readonly denied: DeniedInterfaces;
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls, name: string) {
    this.#calls = calls;
    this.name = name;
    this.properties = new Properties(calls, name);
    this.features = new QubeFeatures(calls, name);
    this.tags = new QubeTags(calls, name);
    this.volumes = new QubeVolumes(calls, name);
    this.firewall = new QubeFirewall(calls, name);
    this.denied = new DeniedInterfaces(calls, name);
  }

  /** @param deviceClass `block`, `pci`, `usb`… */
  devices(deviceClass: string): QubeDevices {
    return new QubeDevices(this.#calls, this.name, deviceClass);
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

  /** Resolves when it runs; also when it did. */
  async start(): Promise<void> {
    await this.#text('admin.vm.Start');
  }

  /**
   * Asks it to shut down.
   * @throws QubesVMInUseError, QubesVMNotStartedError, QubesVMShutdownTimeoutError
   */
  async shutdown({ force, wait }: ShutdownOptions): Promise<void> {
    const words = [...(force ? ['force'] : []), ...(wait ? ['wait'] : [])];
    await this.#calls.text('admin.vm.Shutdown', {
      destination: this.name,
      argument: words.join('+'),
    });
  }

  /** Ends it at once: what it has not saved is lost. */
  async kill(): Promise<void> {
    await this.#text('admin.vm.Kill');
  }

  async pause(): Promise<void> {
    await this.#text('admin.vm.Pause');
  }

  async unpause(): Promise<void> {
    await this.#text('admin.vm.Unpause');
  }

  async suspend(): Promise<void> {
    await this.#text('admin.vm.Suspend');
  }

  async resume(): Promise<void> {
    await this.#text('admin.vm.Resume');
  }

  /** Removes it with its data. @throws QubesVMInUseError, QubesVMNotHaltedError */
  async remove(): Promise<void> {
    await this.#text('admin.vm.Remove');
  }

  #text(method: string, payload = ''): Promise<string> {
    return this.#calls.text(method, { destination: this.name, payload });
  }
}
