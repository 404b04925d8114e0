import type { Qube } from '../qube.ts';
import type { DevicePort } from './device.ts';

/** A device of a backend when it was looked at last. */
export interface SeenDevice {
  readonly port: string;
  /** The qube that had it. */
  readonly frontend: Qube | undefined;
}

/** By their ports. */
export type SeenDevices = ReadonlyMap<string, SeenDevice>;

const NOTHING: SeenDevices = new Map();
const SEEN = new WeakMap<Qube, Map<string, SeenDevices>>();

/** What was last seen of a backend's devices of one class: what has changed is told by comparison. */
export function seenDevices(backend: Qube, deviceClass: string): SeenDevices {
  return SEEN.get(backend)?.get(deviceClass) ?? NOTHING;
}

/** Remembers what there is now. */
export function rememberDevices(backend: Qube, deviceClass: string, devices: SeenDevices): void {
  const known = SEEN.get(backend);
  if (known === undefined) SEEN.set(backend, new Map([[deviceClass, devices]]));
  else known.set(deviceClass, devices);
}

/** Remembers who has a device, so that it is told once; that nobody has it only of one that is there. */
export function rememberFrontend(
  backend: Qube | undefined,
  deviceClass: string,
  { port }: DevicePort,
  frontend: Qube | undefined,
): void {
  if (backend === undefined) return;
  const devices = seenDevices(backend, deviceClass);
  if (frontend === undefined && !devices.has(port)) return;
  rememberDevices(backend, deviceClass, new Map(devices).set(port, { port, frontend }));
}
