import type { Device, DevicePattern } from './device.ts';
import { deviceText } from './device.ts';
import { printDeviceProperty } from './property-text.ts';

type Property = readonly [key: string, value: string | undefined];

/**
 * One line of `Available`: port and identity, then what is known of the device.
 * @param frontend name of the qube it is attached to
 */
export function printDevice(device: Device, frontend: string | undefined): string {
  const { vendor, product, serial, manufacturer, name, parent, data = new Map() } = device;
  return printLine(`${device.port}:${device.device}`, [
    ...namesOf(device, device.deviceClass),
    ['product', product],
    ['vendor', vendor],
    ['serial', serial],
    ['manufacturer', manufacturer],
    ['name', name],
    ['attachment', frontend],
    ['interfaces', device.interfaces.join('')],
    ['parent_port_id', parent?.port],
    ['parent_devclass', parent?.deviceClass],
    ...prefixed(data),
  ]);
}

/** What `Assigned` and `Attached` tell of a device that a qube has or is to get. */
export interface DeviceUseFacts {
  readonly deviceClass: string;
  readonly device: DevicePattern;
  /** `manual`, or the mode of its assignment. */
  readonly mode: string;
  /** Name of the qube that has it or is to get it. */
  readonly frontend: string;
  readonly options: ReadonlyMap<string, string>;
}

/** One line of `Assigned` and `Attached`: backend, port and identity, then how it is used. */
export function printDeviceUse(use: DeviceUseFacts): string {
  const { device, deviceClass, mode, frontend, options } = use;
  return printLine(deviceText(device).replace(':', '+'), [
    ...namesOf(device, deviceClass),
    ['mode', mode],
    ['frontend_domain', frontend],
    ...prefixed(options),
  ]);
}

function namesOf({ device, port, backend }: DevicePattern, deviceClass: string): Property[] {
  return [
    ['device_id', device],
    ['port_id', port],
    ['devclass', deviceClass],
    ['backend_domain', backend],
  ];
}

function prefixed(options: ReadonlyMap<string, string>): Property[] {
  return [...options].map(([key, value]) => [`_${key}`, value]);
}

function printLine(key: string, properties: readonly Property[]): string {
  const printed = properties.flatMap(([name, value]) =>
    value === undefined ? [] : [printDeviceProperty(name, value)],
  );
  return [key.replace(/[^\x21-\x7e]/g, '_'), ...printed].join(' ');
}
