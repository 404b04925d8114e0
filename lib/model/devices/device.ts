import { ANY } from '../device-assignments.ts';

/** Where a device is plugged in. */
export interface DevicePort {
  /** Name of the qube that has it. */
  readonly backend: string;
  /** In the words of its class: `sda1`, `00_14.0`, `1-1.2`. */
  readonly port: string;
}

/** A device as it is named: where it is, and what it is. Each part can be `*` for any. */
export interface DevicePattern extends DevicePort {
  /** What it says of itself, also when it is plugged in elsewhere: `0951:1666::u080650`. */
  readonly device: string;
}

/** What is not known of a device is undefined; all of it is printable ASCII. */
export interface Device extends DevicePattern {
  readonly deviceClass: string;
  readonly vendor?: string | undefined;
  readonly product?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly name?: string | undefined;
  readonly serial?: string | undefined;
  /** What it can be used as: codes of seven characters, `u080650`; one at least. */
  readonly interfaces: readonly string[];
  /** The device that it is a part of, in the same qube. */
  readonly parent?: { readonly deviceClass: string; readonly port: string } | undefined;
  /** More that only its class has. */
  readonly data?: ReadonlyMap<string, string>;
  /** It cannot be written to. */
  readonly readOnly?: boolean;
  /** Name of the qube that its backend says it is attached to. */
  readonly claimedBy?: string | undefined;
}

/** The identity of a device nobody knows anything about. */
export const UNKNOWN_DEVICE = '0000:0000::?******';

/** The interface of a device that says nothing of its interfaces. */
export const UNKNOWN_INTERFACE = '?******';

/** A port in events and messages: `sys-net:sda`. */
export function portText({ backend, port }: DevicePort): string {
  return `${backend}:${port}`;
}

/** A device in events and messages: `sys-net:sda::None`. */
export function deviceText(device: DevicePattern): string {
  return `${portText(device)}:${device.device}`;
}

/** Whether a device is one of those a pattern names; a pattern for devices of any qube names none. */
export function isMeant(pattern: DevicePattern, device: DevicePattern): boolean {
  return (
    pattern.backend === device.backend &&
    (pattern.port === ANY || pattern.port === device.port) &&
    (pattern.device === ANY || pattern.device === device.device)
  );
}
