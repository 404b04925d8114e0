import { AdminError } from '../../base/admin-error.ts';
import { ANY } from '../device-assignments.ts';
import type { DeviceAssignment } from '../device-assignments.ts';
import type { Qube, System } from '../qube.ts';
import { attachDevice } from './attach-device.ts';
import type { Device } from './device.ts';
import { deviceText, isMeant, portText } from './device.ts';
import { DEVICE_KINDS } from './classes.ts';
import type { DeviceClass } from './device-class.ts';
import { attachmentsOf, canHaveDevices } from './find-devices.ts';

/** A running qube that is to have a device, and its assignment that says so. */
interface Claim {
  readonly qube: Qube;
  readonly assignment: DeviceAssignment;
}

/** Attaches devices that have appeared to the running qubes they are assigned to. */
export async function attachAppeared(
  system: System,
  kind: DeviceClass,
  appeared: readonly Device[],
): Promise<void> {
  const running = [...system.qubes].filter(canHaveDevices);
  for (const device of appeared) {
    const claims = running.flatMap((qube) => claimOf(qube, kind, device) ?? []);
    await settle(system, kind, device, claims);
  }
}

/** Attaches what is assigned to a qube that has just started and did not come with it. */
export async function attachAssigned(qube: Qube): Promise<void> {
  const { system } = qube;
  for (const kind of DEVICE_KINDS) {
    if (!kind.attachesLater || qube.devices.list(kind.name).length === 0) continue;
    const taken = await attachmentsOf(system, kind);
    for (const device of await devicesOfBackends(qube, kind)) {
      const claim = claimOf(qube, kind, device);
      if (claim === undefined || taken.has(portText(device))) continue;
      if (claim.assignment.mode === 'ask-to-attach') {
        // The start is not held up by a person who thinks.
        void settle(system, kind, device, [claim]);
      } else {
        await settle(system, kind, device, [claim]);
      }
    }
  }
}

/** The devices of all qubes that a qube has an assignment for. */
async function devicesOfBackends(qube: Qube, kind: DeviceClass): Promise<readonly Device[]> {
  const names = new Set(qube.devices.list(kind.name).map(({ backend }) => backend));
  const backends = [...names].flatMap((name) => qube.system.qubes.find(name) ?? []);
  return (await Promise.all(backends.map((backend) => kind.available(backend)))).flat();
}

/** Of several assignments that fit, the most special one counts. */
function claimOf(qube: Qube, kind: DeviceClass, device: Device): Claim | undefined {
  const [assignment] = qube.devices
    .list(kind.name)
    .filter((one) => isMeant(one, device))
    .toSorted((one, other) => specialty(other) - specialty(one));
  return assignment === undefined ? undefined : { qube, assignment };
}

function specialty({ port, device }: DeviceAssignment): number {
  return (port === ANY ? 0 : 2) + (device === ANY ? 0 : 1);
}

/** Attaches a device to who claims it; several are asked about, and so is who wants to be. */
async function settle(
  system: System,
  kind: DeviceClass,
  device: Device,
  claims: readonly Claim[],
): Promise<void> {
  try {
    const claim = await decide(system, device, claims);
    if (claim !== undefined) {
      await attachDevice(claim.qube, kind, device, claim.assignment.options);
    }
  } catch (error) {
    const why = error instanceof AdminError ? error.message : undefined;
    system.log.error(
      why === undefined ? { err: error } : {},
      `${kind.name} device ${deviceText(device)} is assigned but not attached: ${why ?? 'fault'}`,
    );
  }
}

async function decide(
  system: System,
  device: Device,
  claims: readonly Claim[],
): Promise<Claim | undefined> {
  const [first] = claims;
  if (first === undefined) return undefined;
  if (claims.length === 1 && first.assignment.mode !== 'ask-to-attach') return first;
  const targets = claims.map(({ qube }) => qube.name);
  const { backend, port } = device;
  const chosen = await system.askToAttach?.({
    backend,
    port,
    description: describe(device),
    targets,
  });
  const claim = claims.find(({ qube }) => qube.name === chosen);
  if (claim === undefined) {
    system.log.info(
      `${device.deviceClass} device ${deviceText(device)} is not attached: nobody chose one of ${targets.join(', ')}`,
    );
  }
  return claim;
}

function describe({ deviceClass, vendor, manufacturer, product, name, serial }: Device): string {
  const maker = vendor ?? manufacturer ?? 'unknown vendor';
  return `${maker} ${product ?? name ?? serial ?? `unknown ${deviceClass} device`}`;
}
