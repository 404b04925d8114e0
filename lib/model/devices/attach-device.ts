import {
  DeviceAlreadyAttached,
  DeviceNotAssigned,
  ProtocolError,
  QubesException,
  QubesVMNotHaltedError,
  QubesVMNotRunningError,
} from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import type { AttachedDevice } from '../../hypervisor/hypervisor.ts';
import type { Qube } from '../qube.ts';
import { isHalted } from '../running.ts';
import { requireNotDenied } from './denied.ts';
import type { Device, DevicePattern, DevicePort } from './device.ts';
import { deviceText, isMeant, portText } from './device.ts';
import type { DeviceClass } from './device-class.ts';
import { attachedTo, attachmentsOf, devicesMeant } from './find-devices.ts';
import { rememberFrontend } from './seen-devices.ts';

type Options = ReadonlyMap<string, string>;

/**
 * Attaches the one device a person named to a running qube, until it is detached or either stops.
 * @throws AdminError when the qube does not run or must not have it, when no device or several are
 * meant, or when it is attached already
 */
export async function attachByHand(
  qube: Qube,
  kind: DeviceClass,
  pattern: DevicePattern,
  options: Options,
): Promise<void> {
  requireFrontend(qube, kind);
  const [device, ...more] = await devicesMeant(qube.system, kind, pattern);
  if (device === undefined) throw new ProtocolError(`Cannot attach unknown ${kind.name} device.`);
  if (more.length > 0) throw new ProtocolError(`Cannot attach ambiguous ${kind.name} device.`);
  requireNotDenied(qube, device);
  await attachDevice(qube, kind, device, options);
}

/**
 * Attaches a device to a running qube, with its events.
 * @throws AdminError as above
 */
export async function attachDevice(
  qube: Qube,
  kind: DeviceClass,
  device: Device,
  options: Options,
): Promise<void> {
  requireFrontend(qube, kind);
  await alone(qube, kind, device, async () => {
    const all = await attachmentsOf(qube.system, kind);
    const holder = all.get(portText(device))?.frontend;
    if (holder === qube) throw alreadyHas(qube, device);
    await qube.act(`device-pre-attach:${kind.name}`, { device: deviceText(device), options });
    const own = [...all.values()].filter(({ frontend }) => frontend === qube);
    const { told, used } = kind.prepare(
      qube,
      device,
      options,
      own.map((attachment) => attachment.device.options),
    );
    if (holder !== undefined) throw alreadyAttached(device, holder);
    await qube.system.hypervisor.attach(qube.uuid, toMachine(device, used));
    rememberFrontend(qube.system.qubes.find(device.backend), kind.name, device, qube);
    await kind.connected?.(qube, true);
    await qube.act(`device-attach:${kind.name}`, { device: deviceText(device), options: told });
  });
}

/**
 * Detaches a device from a running qube, with its events.
 * @throws DeviceNotAssigned when the qube does not have it
 * @throws QubesVMNotHaltedError when the qube cannot do without it
 */
export async function detachDevice(qube: Qube, kind: DeviceClass, port: DevicePort): Promise<void> {
  await alone(qube, kind, port, async () => {
    const attached = (await attachedTo(qube, kind)).find((one) => portText(one) === portText(port));
    if (attached === undefined) {
      throw new DeviceNotAssigned(
        pythonRepr(`${kind.name} device ${port.port} not attached to ${qube.name}`),
      );
    }
    requireDispensable(qube, kind, attached);
    await qube.act(`device-pre-detach:${kind.name}`, { port: portText(attached) });
    rememberFrontend(qube.system.qubes.find(attached.backend), kind.name, attached, undefined);
    await releaseDevice(qube, kind, attached);
  });
}

/** Takes a device from a qube that may be gone or may have lost it, and tells so. */
export async function releaseDevice(
  qube: Qube,
  kind: DeviceClass,
  device: AttachedDevice,
): Promise<void> {
  if (!isHalted(qube)) await qube.system.hypervisor.detach(qube.uuid, device);
  await kind.connected?.(qube, false);
  await qube.act(`device-detach:${kind.name}`, { port: portText(device) });
}

/** The device as the machine knows it. */
export function toMachine(device: Device, options: Options): AttachedDevice {
  const { deviceClass, backend, port, device: identity } = device;
  return { deviceClass, backend, port, device: identity, options };
}

/** What is said of a device that another qube has; the reference puts it between quotes. */
export function alreadyAttached(device: DevicePattern, holder: Qube): DeviceAlreadyAttached {
  return new DeviceAlreadyAttached(
    pythonRepr(`Device ${deviceText(device)} already attached to ${holder.name}`),
  );
}

function alreadyHas(qube: Qube, device: Device): DeviceAlreadyAttached {
  const what = `device ${deviceText(device)} of class ${device.deviceClass}`;
  return new DeviceAlreadyAttached(pythonRepr(`${what} already attached to ${qube.name}`));
}

function requireFrontend(qube: Qube, kind: DeviceClass): void {
  if (qube.className === 'AdminVM' || qube.className === 'RemoteVM') {
    throw new QubesException(`Can't attach ${kind.name} device to ${qube.name}`);
  }
  if (isHalted(qube)) {
    throw new QubesVMNotRunningError('VM not running, cannot attach device, do you mean `assign`?');
  }
}

function requireDispensable(qube: Qube, kind: DeviceClass, device: DevicePattern): void {
  const isRequired = qube.devices
    .list(kind.name)
    .some((one) => one.mode === 'required' && isMeant(one, device));
  if (!isRequired) return;
  throw new QubesVMNotHaltedError(
    'Can not detach a required device from a non halted qube. You need to unassign device first.',
  );
}

/** Nobody else takes this device, and the qube gets no other one, until the work is done. */
function alone(
  qube: Qube,
  kind: DeviceClass,
  port: DevicePort,
  work: () => Promise<void>,
): Promise<void> {
  const { qubeLock } = qube.system;
  return qubeLock.run(`${kind.name} device ${portText(port)}`, () =>
    qubeLock.run(`devices of ${qube.name}`, work),
  );
}
