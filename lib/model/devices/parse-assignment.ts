import { ProtocolError, QubesValueError } from '../../base/admin-error.ts';
import { decodeAscii } from '../../base/ascii.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { ANY, ASSIGNMENT_MODES } from '../device-assignments.ts';
import type { AssignmentMode } from '../device-assignments.ts';
import type { DevicePattern } from './device.ts';
import { parseIdentity } from './parse-device.ts';
import { parseDeviceProperties } from './property-text.ts';

/** What a caller says of a device that a qube is to get. */
export interface RequestedDevice {
  readonly device: DevicePattern;
  /** `manual` is attached now and not again. */
  readonly mode: AssignmentMode | 'manual';
  readonly options: ReadonlyMap<string, string>;
}

/** What the payload repeats of the call; the identity may be in either. */
interface Expected {
  readonly deviceClass: string;
  /** From the argument. */
  readonly device: DevicePattern;
  /** Name of the qube that is to get it. */
  readonly frontend: string;
}

/**
 * Reads the payload of `Assign` and `Attach`: `mode='required' _read-only='yes'`; an underscore
 * marks an option.
 * @throws ProtocolError when it has not that form, or contradicts the call
 */
export function parseAssignment(untrusted: Uint8Array, expected: Expected): RequestedDevice {
  const text = decodeAscii(untrusted);
  if (text === undefined) {
    throw new ProtocolError('Device properties contain non-ASCII characters');
  }
  const options = new Map<string, string>();
  const properties = new Map<string, string>();
  for (const [key, value] of parseDeviceProperties(text)) {
    if (key.startsWith('_')) options.set(key.slice(1), value);
    else properties.set(key, value);
  }
  const { deviceClass, device, frontend } = expected;
  requireEqual(properties, 'backend_domain', device.backend, (got) => {
    return `Got device exposed by ${got} when expected devices from ${device.backend}.`;
  });
  requireEqual(properties, 'port_id', device.port, (got) => {
    return `Got device from port: ${got} when expected port: ${device.port}.`;
  });
  requireEqual(properties, 'devclass', deviceClass, (got) => {
    return `Got ${got} device when expected ${deviceClass}.`;
  });
  requireEqual(properties, 'frontend_domain', frontend, (got) => {
    return `Got device for ${got} when expected ${frontend}.`;
  });
  const identity = parseIdentity(take(properties, 'device_id') ?? ANY);
  if (device.device !== ANY && identity !== ANY && identity !== device.device) {
    throw new ProtocolError(
      `Unrecognized device identity ${pythonRepr(identity)} expected ${pythonRepr(device.device)}`,
    );
  }
  const mode = parseMode(take(properties, 'mode') ?? 'manual');
  const [unknown] = properties.keys();
  if (unknown !== undefined) {
    throw new ProtocolError(`Unknown device property ${pythonRepr(unknown)}`);
  }
  return {
    device: { ...device, device: device.device === ANY ? identity : device.device },
    mode,
    options,
  };
}

/** @throws QubesValueError for what is attached by hand only */
export function requireAutomatic(mode: RequestedDevice['mode']): AssignmentMode {
  if (mode !== 'manual') return mode;
  throw new QubesValueError('Only auto-attachable devices can be assigned.');
}

function parseMode(untrusted: string): RequestedDevice['mode'] {
  if (untrusted === 'manual') return untrusted;
  const mode = ASSIGNMENT_MODES.find((known) => known === untrusted);
  if (mode !== undefined) return mode;
  throw new ProtocolError(`${pythonRepr(untrusted)} is not a valid AssignmentMode`);
}

function requireEqual(
  untrusted: Map<string, string>,
  key: string,
  expected: string,
  complaint: (got: string) => string,
): void {
  const got = take(untrusted, key);
  if (got !== undefined && got !== expected) throw new ProtocolError(complaint(got));
}

function take(properties: Map<string, string>, key: string): string | undefined {
  const value = properties.get(key);
  properties.delete(key);
  return value;
}
