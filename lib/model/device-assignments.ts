import { DeviceAlreadyAssigned, DeviceNotAssigned, QubesValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { Owner } from './features.ts';

/** Kinds of devices, in the order in which they are announced. */
export const DEVICE_CLASSES = ['pci', 'block', 'usb', 'mic'] as const;

/** Any backend, port or device. */
export const ANY = '*';

/** When an assigned device is attached: at start or not at all, when it appears, or if agreed to. */
export const ASSIGNMENT_MODES = ['required', 'auto-attach', 'ask-to-attach'] as const;
export type AssignmentMode = (typeof ASSIGNMENT_MODES)[number];

/** What an assignment is known by: a qube has one of each at most. */
export interface AssignedDevice {
  /** `pci`, `block`, `usb`, `mic`, or a class that came with another package. */
  readonly deviceClass: string;
  /** Name of the qube that has it; `*` for any. */
  readonly backend: string;
  /** Where it is plugged in, in the words of its class; `*` for any port. */
  readonly port: string;
  /** What is plugged in; `*` for any device. */
  readonly device: string;
}

/** A device that a qube is to get whenever it is there. */
export interface DeviceAssignment extends AssignedDevice {
  readonly mode: AssignmentMode;
  readonly options: ReadonlyMap<string, string>;
}

/** The device assignments of a qube, in the order in which they were made. */
export class DeviceAssignments {
  readonly #owner: Owner & { readonly title: string };
  #assignments: readonly DeviceAssignment[] = [];

  constructor(owner: Owner & { readonly title: string }) {
    this.#owner = owner;
  }

  /** All, or those of one class. */
  list(deviceClass?: string): readonly DeviceAssignment[] {
    if (deviceClass === undefined) return this.#assignments;
    return this.#assignments.filter((one) => one.deviceClass === deviceClass);
  }

  /**
   * @throws DeviceAlreadyAssigned
   * @throws AdminError when a handler refuses
   */
  assign(assignment: DeviceAssignment): void {
    if (this.#assignments.some((one) => isSame(one, assignment))) {
      throw new DeviceAlreadyAssigned(this.#says(assignment, 'already assigned to'));
    }
    const payload = { device: nameOf(assignment), options: assignment.options };
    this.#owner.announce(`device-pre-assign:${assignment.deviceClass}`, payload);
    this.#replace([...this.#assignments, assignment]);
    this.#owner.announce(`device-assign:${assignment.deviceClass}`, payload);
  }

  /** @throws DeviceNotAssigned */
  unassign(assignment: AssignedDevice): void {
    const rest = this.#assignments.filter((one) => !isSame(one, assignment));
    if (rest.length === this.#assignments.length) {
      throw new DeviceNotAssigned(this.#says(assignment, 'not assigned to'));
    }
    this.#replace(rest);
    this.#owner.announce(`device-unassign:${assignment.deviceClass}`, {
      device: nameOf(assignment),
    });
  }

  /**
   * Changes when an assigned device is attached; its options stay as they are.
   * @throws QubesValueError when it is not assigned
   * @throws AdminError when a handler refuses
   */
  setMode(device: AssignedDevice, mode: AssignmentMode): void {
    const found = this.#assignments.find((one) => isSame(one, device));
    if (found === undefined) {
      throw new QubesValueError(`Device ${nameOf(device)} not assigned to ${this.#owner.title}`);
    }
    if (found.mode === mode) return;
    const name = nameOf(found);
    this.#owner.announce(`device-pre-assign:${found.deviceClass}`, {
      device: name,
      options: found.options,
    });
    // It comes last, as if it were assigned anew.
    this.#replace([...this.#assignments.filter((one) => one !== found), { ...found, mode }]);
    this.#owner.announce(`device-assignment-changed:${found.deviceClass}`, { device: name });
  }

  /** What the store says; without events. */
  load(assignments: readonly DeviceAssignment[]): void {
    this.#assignments = assignments;
  }

  #replace(assignments: readonly DeviceAssignment[]): void {
    const before = this.#assignments;
    this.#assignments = assignments;
    this.#owner.changed(() => {
      this.#assignments = before;
    });
  }

  #says(assignment: AssignedDevice, how: string): string {
    const { deviceClass } = assignment;
    // The reference's message arrives between quotes, and clients may match it.
    return pythonRepr(`${deviceClass} device ${nameOf(assignment)} ${how} ${this.#owner.title}`);
  }
}

function nameOf({ backend, port, device }: AssignedDevice): string {
  return `${backend}:${port}:${device}`;
}

function isSame(one: AssignedDevice, other: AssignedDevice): boolean {
  return one.deviceClass === other.deviceClass && nameOf(one) === nameOf(other);
}
