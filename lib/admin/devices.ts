import type { AdminCalls } from './calls.ts';
import {
  deviceArgument,
  type DeviceLine,
  type DeviceName,
  parseDevices,
  useText,
} from './device-text.ts';
import { parseNames } from './reply-text.ts';

/** Devices of one class, as one qube has and uses them. */
export class QubeDevices {
  /** `block`, `pci`, `usb`… */
  readonly deviceClass: string;
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string, deviceClass: string) {
    this.#calls = calls;
    this.#qube = qube;
    this.deviceClass = deviceClass;
  }

  /** Those that are plugged into this qube. */
  available(): Promise<readonly DeviceLine[]> {
    return this.#list('Available');
  }

  /** Those that this qube has now, of whatever qube. */
  attached(): Promise<readonly DeviceLine[]> {
    return this.#list('Attached');
  }

  /** Those that are meant for this qube. */
  assigned(): Promise<readonly DeviceLine[]> {
    return this.#list('Assigned');
  }

  /** @param device by its whole identity */
  async attach(device: DeviceName, options: ReadonlyMap<string, string>): Promise<void> {
    const payload = useText(device, this.deviceClass, 'manual', options);
    await this.#text('Attach', deviceArgument(device), payload);
  }

  async detach(device: DeviceName): Promise<void> {
    await this.#text('Detach', deviceArgument(device));
  }

  /**
   * @param mode when it gets to its qube: `auto-attach`, `ask-to-attach`, `required`
   * @throws DeviceAlreadyAssigned
   */
  async assign(
    device: DeviceName,
    mode: string,
    options: ReadonlyMap<string, string>,
  ): Promise<void> {
    const payload = useText(device, this.deviceClass, mode, options);
    await this.#text('Assign', deviceArgument(device), payload);
  }

  /** @throws DeviceNotAssigned */
  async unassign(device: DeviceName): Promise<void> {
    await this.#text('Unassign', deviceArgument(device));
  }

  async #list(verb: string): Promise<readonly DeviceLine[]> {
    return parseDevices(this.#method(verb), await this.#text(verb, ''));
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    const destination = this.#qube;
    return this.#calls.text(this.#method(verb), { destination, argument, payload });
  }

  #method(verb: string): string {
    return `admin.vm.device.${this.deviceClass}.${verb}`;
  }
}

/** The kinds of interfaces that no device of a qube may have to be attached by hand. */
export class DeniedInterfaces {
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string) {
    this.#calls = calls;
    this.#qube = qube;
  }

  /** Codes of seven characters: `b******`, `u03****`. */
  async list(): Promise<readonly string[]> {
    return parseNames('admin.vm.device.denied.List', await this.#text('List'));
  }

  async add(interfaces: readonly string[]): Promise<void> {
    await this.#text('Add', interfaces.join(''));
  }

  /** @param interfaces undefined for all */
  async remove(interfaces: readonly string[] | undefined): Promise<void> {
    await this.#text('Remove', interfaces === undefined ? 'all' : interfaces.join(''));
  }

  #text(verb: string, payload = ''): Promise<string> {
    return this.#calls.text(`admin.vm.device.denied.${verb}`, {
      destination: this.#qube,
      payload,
    });
  }
}
