import type { Qube } from '../qube.ts';
import { portText, UNKNOWN_DEVICE } from './device.ts';
import type { DeviceClass } from './device-class.ts';
import { attachedTo } from './find-devices.ts';
import type { DeviceUseFacts } from './print-device.ts';

/**
 * What a qube has of a class. A device that is assigned by exactly its port and identity is shown
 * as it is assigned, any other as attached by hand.
 */
export async function attachedUses(
  qube: Qube,
  kind: DeviceClass,
): Promise<readonly DeviceUseFacts[]> {
  const uses = (await attachedTo(qube, kind)).map(async ({ backend, port, options }) => {
    const device = { backend, port, device: await identityAt(qube, kind, backend, port) };
    const assignment = qube.devices
      .list(kind.name)
      .find((one) => portText(one) === portText(device) && one.device === device.device);
    return {
      deviceClass: kind.name,
      device,
      mode: assignment?.mode ?? 'manual',
      frontend: qube.name,
      options: assignment?.options ?? options,
    };
  });
  return Promise.all(uses);
}

/** What is plugged in there now. */
async function identityAt(
  { system }: Qube,
  kind: DeviceClass,
  backend: string,
  port: string,
): Promise<string> {
  const qube = system.qubes.find(backend);
  const devices = qube === undefined ? [] : await kind.available(qube);
  return devices.find((one) => one.port === port)?.device ?? UNKNOWN_DEVICE;
}
