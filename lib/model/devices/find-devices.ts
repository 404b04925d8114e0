import type { AttachedDevice } from '../../hypervisor/hypervisor.ts';
import type { Qube, System } from '../qube.ts';
import { isRunning } from '../running.ts';
import type { Device, DevicePattern } from './device.ts';
import { isMeant, portText } from './device.ts';
import type { DeviceClass } from './device-class.ts';
import { USB } from './usb.ts';

/** A device in the qube that has it. */
export interface Attachment {
  readonly frontend: Qube;
  readonly device: AttachedDevice;
}

/** All attached devices of a class, by their ports. */
export type Attachments = ReadonlyMap<string, Attachment>;

/**
 * Who has which device: what the machine knows, and of USB devices, which qubes hand on among
 * themselves, also what their backends say.
 */
export async function attachmentsOf(system: System, kind: DeviceClass): Promise<Attachments> {
  const running = [...system.qubes].filter(canHaveDevices);
  const found = new Map<string, Attachment>();
  if (kind.name === USB.name) {
    for (const backend of [...system.qubes].filter(isRunning)) {
      for (const claim of await claimsOf(backend)) found.set(portText(claim.device), claim);
    }
  }
  for (const frontend of running) {
    for (const device of system.hypervisor.attached(frontend.uuid)) {
      if (device.deviceClass === kind.name) found.set(portText(device), { frontend, device });
    }
  }
  return found;
}

/** What a qube has of a class, in the order in which it came. */
export async function attachedTo(
  qube: Qube,
  kind: DeviceClass,
): Promise<readonly AttachedDevice[]> {
  const all = await attachmentsOf(qube.system, kind);
  return [...all.values()].filter(({ frontend }) => frontend === qube).map(({ device }) => device);
}

/** The devices that a pattern names, of those there are. */
export async function devicesMeant(
  { qubes }: System,
  kind: DeviceClass,
  pattern: DevicePattern,
): Promise<readonly Device[]> {
  const backend = qubes.find(pattern.backend);
  if (backend === undefined) return [];
  return (await kind.available(backend)).filter((device) => isMeant(pattern, device));
}

/** Whether a qube runs on this machine, beside dom0. */
export function canHaveDevices(qube: Qube): boolean {
  return qube.className !== 'AdminVM' && qube.className !== 'RemoteVM' && isRunning(qube);
}

async function claimsOf(backend: Qube): Promise<readonly Attachment[]> {
  const { system } = backend;
  return (await USB.available(backend)).flatMap((device) => {
    const frontend =
      device.claimedBy === undefined ? undefined : system.qubes.find(device.claimedBy);
    if (frontend === undefined || !canHaveDevices(frontend)) return [];
    return [{ frontend, device: { ...device, options: new Map<string, string>() } }];
  });
}
