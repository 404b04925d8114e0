import { ProtocolError, QubesVMNotFoundError } from '../../base/admin-error.ts';
import { ANY } from '../device-assignments.ts';
import { parseQubeName } from '../qube-name.ts';
import type { Qube, System } from '../qube.ts';
import type { DevicePattern, DevicePort } from './device.ts';
import { UNKNOWN_INTERFACE } from './device.ts';

/** How `*` is written where qrexec allows no such character. */
const ANY_IN_ARGUMENT = '_';
const UNKNOWN_IN_ARGUMENT = '_'.repeat(UNKNOWN_INTERFACE.length);
const MAX_PORT = 128;
const MAX_DEVICE = 1024;

/**
 * Reads the argument of a call on a device: `BACKEND+PORT`, `BACKEND+PORT:DEVICE`, or with all that
 * qrexec does not let pass written otherwise, `BACKEND+PORT+DEVICE` with `+` for `:` and `_` for `*`.
 * @throws ProtocolError when it has not that form
 * @throws QubesValueError when the backend is no name of a qube
 */
export function parseDevice(untrustedArgument: string): DevicePattern {
  const { backend, rest } = splitBackend(untrustedArgument);
  const [untrustedPort = '', ...untrustedParts] = rest.replaceAll('+', ':').split(':');
  const untrustedDevice = untrustedParts.join(':');
  return { backend, port: parsePort(untrustedPort), device: parseIdentity(untrustedDevice) };
}

/**
 * Reads the argument of a list: `BACKEND+PORT`.
 * @throws ProtocolError
 */
export function parseDevicePort(untrustedArgument: string): DevicePort {
  const { backend, rest } = splitBackend(untrustedArgument);
  return { backend, port: parsePort(rest) };
}

/**
 * Accepts what a device says of itself; `*` or nothing is any device.
 * @throws ProtocolError
 */
export function parseIdentity(untrusted: string): string {
  if (untrusted === '' || untrusted === ANY || untrusted === ANY_IN_ARGUMENT) return ANY;
  if (untrusted.length <= MAX_DEVICE && /^[\x21-\x7e]+$/.test(untrusted)) {
    return untrusted.replaceAll(UNKNOWN_IN_ARGUMENT, UNKNOWN_INTERFACE);
  }
  throw new ProtocolError('Device identity is too long or contains illegal characters');
}

/**
 * The qube that is to have a device.
 * @throws QubesVMNotFoundError when there is none; any qube will do where none is named
 */
export function requireBackend({ qubes }: System, { backend }: DevicePort): Qube | undefined {
  if (backend === ANY) return undefined;
  const found = qubes.find(backend);
  if (found === undefined) throw QubesVMNotFoundError.of(backend);
  return found;
}

function splitBackend(untrusted: string): { readonly backend: string; readonly rest: string } {
  const plus = untrusted.indexOf('+');
  if (plus < 0) {
    throw new ProtocolError('Device must be given as BACKEND+PORT or BACKEND+PORT:DEVICE');
  }
  const untrustedBackend = untrusted.slice(0, plus);
  const isAny = untrustedBackend === ANY || untrustedBackend === ANY_IN_ARGUMENT;
  return {
    backend: isAny ? ANY : parseQubeName(untrustedBackend),
    rest: untrusted.slice(plus + 1),
  };
}

function parsePort(untrusted: string): string {
  if (untrusted === ANY || untrusted === ANY_IN_ARGUMENT) return ANY;
  if (untrusted.length <= MAX_PORT && /^[a-zA-Z0-9._-]+$/.test(untrusted)) return untrusted;
  throw new ProtocolError('Device port is missing, too long or contains illegal characters');
}
