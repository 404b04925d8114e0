import { QubesValueError } from '../../base/admin-error.ts';
import type { Qube } from '../qube.ts';
import type { Device } from './device.ts';

/** Options of a device that is about to be attached. */
export interface AttachOptions {
  /** As the events tell them: those that were given, then those that were chosen. */
  readonly told: ReadonlyMap<string, string>;
  /** As the machine gets them, and lists show them. */
  readonly used: ReadonlyMap<string, string>;
}

/** What is particular about one kind of devices. */
export interface DeviceClass {
  readonly name: string;
  /** Those of a required assignment are there from the beginning; others are attached after the start. */
  readonly comesWithDomain: boolean;
  /** Whether an assigned device is attached to a qube that runs already. */
  readonly attachesLater: boolean;
  /** Entry of a backend's QubesDB that is written when its devices have changed. */
  readonly watched?: string;
  /** The devices of a qube; none when it does not run. What they say of themselves is made safe. */
  available(backend: Qube): Promise<readonly Device[]>;
  /**
   * Judges a device and its options before it is attached, and chooses what was not given.
   * @param qube that is to get it
   * @param taken options of the devices of this class that the qube has
   * @throws AdminError
   */
  prepare(
    qube: Qube,
    device: Device,
    options: ReadonlyMap<string, string>,
    taken: readonly ReadonlyMap<string, string>[],
  ): AttachOptions;
  /** More that is to be done outside when a qube has got a device, or lost it. */
  connected?(qube: Qube, isAttached: boolean): Promise<void>;
}

/** @throws QubesValueError for any option: this class has none */
export function withoutOptions(options: ReadonlyMap<string, string>): AttachOptions {
  const [option] = options.keys();
  if (option !== undefined) throw new QubesValueError(`Unsupported option ${option}`);
  return { told: options, used: options };
}
