import { QubesException, QubesUnrecognizedDeviceAssignmentMode } from '../lib/base/admin-error.ts';
import { ASSIGNMENT_MODES } from '../lib/model/device-assignments.ts';
import type { AssignmentMode } from '../lib/model/device-assignments.ts';
import { attachByHand, detachDevice } from '../lib/model/devices/attach-device.ts';
import { DEVICE_KINDS } from '../lib/model/devices/classes.ts';
import { portText } from '../lib/model/devices/device.ts';
import type { DevicePort } from '../lib/model/devices/device.ts';
import type { DeviceClass } from '../lib/model/devices/device-class.ts';
import { attachmentsOf } from '../lib/model/devices/find-devices.ts';
import { attachedUses } from '../lib/model/devices/list-uses.ts';
import { parseAssignment, requireAutomatic } from '../lib/model/devices/parse-assignment.ts';
import { parseDevice, parseDevicePort, requireBackend } from '../lib/model/devices/parse-device.ts';
import { printDevice, printDeviceUse } from '../lib/model/devices/print-device.ts';
import type { DeviceUseFacts } from '../lib/model/devices/print-device.ts';
import type { Qube } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE, RUNS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

export const services: readonly AdminService[] = DEVICE_KINDS.flatMap(servicesOf);

/** The calls on devices of one class. */
function servicesOf(kind: DeviceClass): readonly AdminService[] {
  const object = `admin.vm.device.${kind.name}`;
  return [
    {
      ...READS_QUBE,
      name: `${object}.Available`,
      summary: `The ${kind.name} devices that a qube has, or that at one port, one per line.`,
      argument: 'optional',
      payload: 'none',
      async handle(call) {
        requirePermission(call);
        const { destination, argument } = call;
        const devices = (await kind.available(destination)).filter(
          ({ port }) => argument === '' || port === argument,
        );
        const attachments = await attachmentsOf(call.app, kind);
        return sorted(
          devices.map((device) =>
            printDevice(device, attachments.get(portText(device))?.frontend.name),
          ),
        );
      },
    },
    {
      ...READS_QUBE,
      name: `${object}.Assigned`,
      summary: `The ${kind.name} devices that a qube is to get whenever they are there, or those at \`BACKEND+PORT\`, one per line.`,
      argument: 'optional',
      payload: 'none',
      handle(call) {
        const at = parseSelection(call);
        requirePermission(call);
        const { destination } = call;
        return list(
          at,
          destination.devices.list(kind.name).map((device) => ({
            deviceClass: kind.name,
            device,
            mode: device.mode,
            frontend: destination.name,
            options: device.options,
          })),
        );
      },
    },
    {
      ...READS_QUBE,
      name: `${object}.Attached`,
      summary: `The ${kind.name} devices that a running qube has got, or that at \`BACKEND+PORT\`, one per line.`,
      argument: 'optional',
      payload: 'none',
      async handle(call) {
        const at = parseSelection(call);
        requirePermission(call);
        return list(at, await attachedUses(call.destination, kind));
      },
    },
    {
      ...CHANGES_QUBE,
      name: `${object}.Assign`,
      summary: `Lets a qube have a ${kind.name} device whenever it is there: \`mode='auto-attach'\`, \`ask-to-attach\` or \`required\`, and options, \`_NAME='VALUE'\`.`,
      argument: 'required',
      payload: 'required',
      handle(call) {
        const { device, mode, options } = parseRequest(call, kind);
        requirePermission(call);
        requireDevices(call.destination);
        const assigned = {
          ...device,
          deviceClass: kind.name,
          mode: requireAutomatic(mode),
          options,
        };
        return saveChange(call, () => call.destination.devices.assign(assigned));
      },
    },
    {
      ...CHANGES_QUBE,
      name: `${object}.Unassign`,
      summary: `Ends that a qube gets a ${kind.name} device; what it has it keeps until it stops.`,
      argument: 'required',
      payload: 'none',
      handle(call) {
        const device = { ...parseDevice(call.argument), deviceClass: kind.name };
        requirePermission(call);
        requireDevices(call.destination);
        return saveChange(call, () => call.destination.devices.unassign(device));
      },
    },
    {
      ...CHANGES_QUBE,
      name: `${object}.Set.assignment`,
      summary: `Changes when a qube gets an assigned ${kind.name} device: \`auto-attach\`, \`ask-to-attach\`, \`required\`.`,
      argument: 'required',
      payload: 'required',
      handle(call) {
        const mode = parseMode(call.untrustedPayload);
        const device = { ...parseDevice(call.argument), deviceClass: kind.name };
        requirePermission(call);
        requireDevices(call.destination);
        return saveChange(call, () => call.destination.devices.setMode(device, mode));
      },
    },
    {
      ...RUNS_QUBE,
      name: `${object}.Attach`,
      summary: `Attaches a ${kind.name} device to a running qube, until it is detached or one of the two qubes stops.`,
      argument: 'required',
      payload: 'optional',
      async handle(call) {
        const { device, options } = parseRequest(call, kind);
        requirePermission(call);
        await attachByHand(call.destination, kind, device, options);
        return undefined;
      },
    },
    {
      ...RUNS_QUBE,
      name: `${object}.Detach`,
      summary: `Takes a ${kind.name} device from a running qube.`,
      argument: 'required',
      payload: 'none',
      async handle(call) {
        const device = parseDevice(call.argument);
        requirePermission(call);
        requireDevices(call.destination);
        await detachDevice(call.destination, kind, device);
        return undefined;
      },
    },
  ];
}

/** @throws AdminError when it is not understood, or names a qube that is not there */
function parseRequest(
  call: AdminCall,
  { name: deviceClass }: DeviceClass,
): ReturnType<typeof parseAssignment> {
  const device = parseDevice(call.argument);
  requireBackend(call.app, device);
  const frontend = call.destination.name;
  return parseAssignment(call.untrustedPayload, { deviceClass, device, frontend });
}

/** @throws QubesUnrecognizedDeviceAssignmentMode */
function parseMode(untrusted: Uint8Array): AssignmentMode {
  const text = Buffer.from(untrusted).toString('latin1');
  const mode = ASSIGNMENT_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new QubesUnrecognizedDeviceAssignmentMode('Invalid assignment mode');
}

function parseSelection({ argument }: AdminCall): DevicePort | undefined {
  return argument === '' ? undefined : parseDevicePort(argument);
}

/** @throws QubesException for a qube of another machine */
function requireDevices({ className }: Qube): void {
  if (className === 'RemoteVM') throw new QubesException("This qube doesn't support devices");
}

function list(at: DevicePort | undefined, uses: readonly DeviceUseFacts[]): string {
  const wanted = uses.filter(({ device }) => at === undefined || portText(device) === portText(at));
  return sorted(wanted.map(printDeviceUse));
}

/** By port and identity, with which each line begins. */
function sorted(printed: readonly string[]): string {
  return lines(printed.toSorted());
}
