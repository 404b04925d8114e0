import type { Qube } from '../qube.ts';
import { releaseDevice } from './attach-device.ts';
import { attachAppeared } from './auto-attach.ts';
import { DEVICE_KINDS } from './classes.ts';
import type { Device, DevicePort } from './device.ts';
import { deviceText, portText } from './device.ts';
import type { DeviceClass } from './device-class.ts';
import { attachmentsOf } from './find-devices.ts';
import { rememberDevices, rememberFrontend, seenDevices } from './seen-devices.ts';
import type { SeenDevice, SeenDevices } from './seen-devices.ts';

/** Notes what devices a backend has, without a word to anyone. */
export async function takeStock(backend: Qube): Promise<void> {
  for (const kind of DEVICE_KINDS) {
    await inTurn(backend, kind, async () => {
      const devices = await kind.available(backend);
      rememberDevices(backend, kind.name, await seen(backend, kind, devices));
    });
  }
}

/** Tells how the devices of a backend have changed since they were looked at last, and acts on it. */
export function devicesChanged(backend: Qube, kind: DeviceClass): Promise<void> {
  return inTurn(backend, kind, async () => {
    const devices = await kind.available(backend);
    const now = await seen(backend, kind, devices);
    const before = seenDevices(backend, kind.name);
    rememberDevices(backend, kind.name, now);
    backend.fire(`device-list-change:${kind.name}`, {});
    for (const old of before.values()) {
      if (hasLeft(old, now)) await detached(backend, kind, old);
    }
    for (const { port } of before.values()) {
      if (!now.has(port)) tellRemoved(backend, kind, port);
    }
    const added = devices.filter(({ port }) => !before.has(port));
    for (const device of added) {
      backend.fire(`device-added:${kind.name}`, { device: deviceText(device) });
    }
    for (const device of devices) {
      const frontend = now.get(device.port)?.frontend;
      if (frontend === undefined || frontend === before.get(device.port)?.frontend) continue;
      // Somebody else attached it, with options nobody here knows.
      const options = new Map<string, string>();
      await frontend.act(`device-attach:${kind.name}`, { device: deviceText(device), options });
    }
    const free = added.filter(({ port }) => now.get(port)?.frontend === undefined);
    await attachAppeared(backend.system, kind, free);
  });
}

/** A qube has stopped: what it had is detached, and what others had of it is gone. */
export async function devicesGone(qube: Qube): Promise<void> {
  for (const kind of DEVICE_KINDS) {
    const own = seenDevices(qube, kind.name);
    rememberDevices(qube, kind.name, new Map());
    for (const device of own.values()) {
      tellRemoved(qube, kind, device.port);
      await detached(qube, kind, device);
    }
    for (const backend of qube.system.qubes) {
      for (const { port, frontend } of seenDevices(backend, kind.name).values()) {
        if (frontend !== qube) continue;
        rememberFrontend(backend, kind.name, { backend: backend.name, port }, undefined);
        await detached(backend, kind, { port, frontend });
      }
    }
  }
}

/** Notes which devices came with a qube when it was started. */
export function rememberOwn(qube: Qube): void {
  const { hypervisor, qubes } = qube.system;
  for (const device of hypervisor.attached(qube.uuid)) {
    rememberFrontend(qubes.find(device.backend), device.deviceClass, device, qube);
  }
}

async function seen(
  backend: Qube,
  kind: DeviceClass,
  devices: readonly Device[],
): Promise<SeenDevices> {
  const attachments = await attachmentsOf(backend.system, kind);
  return new Map(
    devices.map((device) => {
      const frontend = attachments.get(portText(device))?.frontend;
      return [device.port, { port: device.port, frontend }];
    }),
  );
}

function hasLeft({ port, frontend }: SeenDevice, now: SeenDevices): boolean {
  return frontend !== undefined && now.get(port)?.frontend !== frontend;
}

async function detached(
  backend: Qube,
  kind: DeviceClass,
  { port, frontend }: SeenDevice,
): Promise<void> {
  if (frontend === undefined) return;
  const at: DevicePort = { backend: backend.name, port };
  const device = { ...at, deviceClass: kind.name, device: '*', options: new Map<string, string>() };
  try {
    await releaseDevice(frontend, kind, device);
  } catch (error) {
    backend.system.log.error(
      { err: error },
      `${kind.name} device ${portText(at)} is gone, but not detached from ${frontend.name}`,
    );
  }
}

function tellRemoved(backend: Qube, kind: DeviceClass, port: string): void {
  backend.fire(`device-removed:${kind.name}`, { port: portText({ backend: backend.name, port }) });
}

/** One look at the devices of a backend after the other. */
function inTurn(backend: Qube, kind: DeviceClass, look: () => Promise<void>): Promise<void> {
  return backend.system.qubeLock.run(`${kind.name} devices of ${backend.name}`, look);
}
