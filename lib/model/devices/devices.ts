import { QubesException } from '../../base/admin-error.ts';
import type { AttachedDevice } from '../../hypervisor/hypervisor.ts';
import type { DeviceAssignment } from '../device-assignments.ts';
import type { Qube } from '../qube.ts';
import { alreadyAttached, toMachine } from './attach-device.ts';
import { deviceClassNamed, DEVICE_KINDS } from './classes.ts';
import type { Device } from './device.ts';
import { deviceText, portText } from './device.ts';
import { attachmentsOf, devicesMeant } from './find-devices.ts';

/**
 * The rule before a start: what a qube requires must be there, and free.
 * @throws QubesException that names the device
 */
export async function requireAssignedDevices(qube: Qube): Promise<void> {
  for (const assignment of qube.devices.list()) {
    if (assignment.mode === 'required') await requiredDevices(qube, assignment);
  }
}

/**
 * The devices that a qube has from its first instruction.
 * @throws QubesException as above, or when an option of an assignment is no good
 */
export async function devicesAtSpawn(qube: Qube): Promise<readonly AttachedDevice[]> {
  const found: AttachedDevice[] = [];
  for (const kind of DEVICE_KINDS) {
    if (!kind.comesWithDomain) continue;
    const own: AttachedDevice[] = [];
    for (const assignment of qube.devices.list(kind.name)) {
      if (assignment.mode !== 'required') continue;
      for (const device of await requiredDevices(qube, assignment)) {
        // Two assignments may mean the same device.
        if (own.some((other) => portText(other) === portText(device))) continue;
        const taken = own.map(({ options }) => options);
        const { used } = kind.prepare(qube, device, assignment.options, taken);
        own.push(toMachine(device, used));
      }
    }
    found.push(...own);
  }
  return found;
}

async function requiredDevices(
  qube: Qube,
  assignment: DeviceAssignment,
): Promise<readonly Device[]> {
  const { deviceClass } = assignment;
  const kind = deviceClassNamed(deviceClass);
  const devices = kind === undefined ? [] : await devicesMeant(qube.system, kind, assignment);
  if (kind === undefined || devices.length === 0) {
    const title = `${deviceClass.charAt(0).toUpperCase()}${deviceClass.slice(1)}`;
    throw new QubesException(`${title} device ${deviceText(assignment)} not available`);
  }
  const attachments = await attachmentsOf(qube.system, kind);
  for (const device of devices) {
    const holder = attachments.get(portText(device))?.frontend;
    if (holder !== undefined && holder !== qube) throw alreadyAttached(device, holder);
  }
  return devices;
}
