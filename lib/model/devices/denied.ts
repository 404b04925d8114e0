import { PermissionDenied } from '../../base/admin-error.ts';
import { devicesDenied, interfaceCodes } from '../properties/devices-denied.ts';
import type { Qube } from '../qube.ts';
import { UNKNOWN_INTERFACE } from './device.ts';
import type { Device } from './device.ts';

/** What single codes are called in messages. */
const NAMES: Readonly<Record<string, string>> = { b: 'Block Device', m: 'Microphone' };

/**
 * The rule for devices that a person attaches; what is assigned was thought over before.
 * @throws PermissionDenied when the device can be used as something that is denied to the qube
 */
export function requireNotDenied(qube: Qube, { interfaces }: Device): void {
  const denied = interfaceCodes(qube.find(devicesDenied) ?? '');
  if (denied.length === 0) return;
  if (interfaces.includes(UNKNOWN_INTERFACE)) {
    throw new PermissionDenied('Could not load interfaces to verify against denied list');
  }
  const banned = interfaces.find((code) => denied.some((pattern) => isDeniedBy(pattern, code)));
  if (banned === undefined) return;
  const name = NAMES[banned.charAt(0)] ?? banned;
  throw new PermissionDenied(`Device exposes a banned interface: ${name}`);
}

function isDeniedBy(pattern: string, code: string): boolean {
  return Array.from(pattern).every((wanted, at) => wanted === '*' || wanted === code[at]);
}
