import { type DeviceName, type DeviceLine } from '../../../admin/device-text.ts';
import { isMeant } from '../../../admin/device-list.ts';
import type { QubeDevices } from '../../../admin/devices.ts';
import { UsageError } from '../../../base/errors.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';
import { showOrChangeDenied } from './denied-devices.ts';
import { showDevices } from './list-devices.ts';

type DeviceRequest = RequestFor<'device'>;
type Change = Exclude<DeviceRequest, { action: 'list' | 'denied' }>;

/** A device as a person names it; without an id it is what is at the port now. */
type Named = NonNullable<Change['device']>;

/** `device`: devices, and who has them. */
export async function showOrChangeDevices(request: DeviceRequest, doors: RpcDoors): Promise<void> {
  if (request.action === 'list') return showDevices(request, doors);
  if (request.action === 'denied') return showOrChangeDenied(request, doors);
  const { client, screen } = doors;
  const { qube, deviceClass, action } = request;
  const devices = client.qube(qube).devices(deviceClass);
  for (const device of await meantBy(request, doors, devices)) {
    switch (request.action) {
      case 'attach':
        await devices.attach(device, new Map(request.option));
        break;
      case 'detach':
        await devices.detach(device);
        break;
      case 'assign':
        await devices.assign(device, modeOf(request), new Map(request.option));
        break;
      case 'unassign':
        await devices.unassign(device);
    }
    const name = shown(device);
    await screen.done({ type: 'done', command: `device ${action}`, qube, name });
  }
}

/** The devices that a request means, each by its whole identity. */
async function meantBy(
  { action, qube, device }: Change,
  { client }: RpcDoors,
  devices: QubeDevices,
): Promise<readonly DeviceName[]> {
  const { deviceClass } = devices;
  switch (action) {
    case 'attach':
    case 'assign': {
      const { backend, port, id } = device;
      if (id !== undefined) return [{ backend, port, id }];
      const [found] = among(await client.qube(backend).devices(deviceClass).available(), device);
      if (found !== undefined) return [found];
      throw new UsageError(`${backend} has no ${deviceClass} device ${port}`, {
        hint: `Say ${backend}:${port}:* for whatever will be at that port.`,
      });
    }
    case 'detach': {
      const found = among(await devices.attached(), device);
      if (found.length > 0 || device === undefined) return found;
      throw new UsageError(`${shown(device)} is not attached to ${qube}`);
    }
    case 'unassign': {
      const found = (await devices.assigned()).filter((one) => isSame(one, device));
      if (found.length > 0) return found;
      throw new UsageError(`${shown(device)} is not assigned to ${qube}`);
    }
  }
}

/** Those of a list that are named. */
function among(devices: readonly DeviceLine[], named: Named | undefined): readonly DeviceLine[] {
  if (named === undefined) return devices;
  return devices.filter((device) => isMeant({ ...named, id: named.id ?? '*' }, device));
}

/** Whether an assignment is the one that is named: a `*` in it is its own. */
function isSame(device: DeviceName, { backend, port, id }: Named): boolean {
  return (
    device.backend === backend && device.port === port && (id === undefined || device.id === id)
  );
}

/** PCI devices come with the qube, or not at all. */
function modeOf({
  deviceClass,
  required,
  ask,
  auto,
}: Extract<Change, { action: 'assign' }>): string {
  if (ask) return 'ask-to-attach';
  return required || (deviceClass === 'pci' && !auto) ? 'required' : 'auto-attach';
}

function shown({ backend, port, id }: Named): string {
  return id === undefined ? `${backend}:${port}` : `${backend}:${port}:${id}`;
}
