import { ProtocolError } from '../lib/base/admin-error.ts';
import { decodeAscii } from '../lib/base/ascii.ts';
import {
  devicesDenied,
  interfaceCodes,
  requireInterfaceCodes,
} from '../lib/model/properties/devices-denied.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

const ALL = 'all';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    name: 'admin.vm.device.denied.List',
    summary:
      'Interfaces of devices that must not be attached to a qube, one per line, without a last line break.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return deniedTo(call).join('\n');
    },
  },
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.device.denied.Add',
    summary: 'Denies devices with the interfaces in the payload, codes of seven characters.',
    argument: 'none',
    payload: 'optional',
    handle(call) {
      const added = parseCodes(call.untrustedPayload);
      requirePermission(call);
      return setDenied(call, [...deniedTo(call), ...added]);
    },
  },
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.device.denied.Remove',
    summary: 'Allows devices with the interfaces in the payload again, or `all`.',
    argument: 'none',
    payload: 'optional',
    handle(call) {
      const denied = deniedTo(call);
      const isAll = Buffer.from(call.untrustedPayload).equals(Buffer.from(ALL));
      const removed = isAll ? denied : parseCodes(call.untrustedPayload);
      requirePermission(call);
      const kept = denied.filter((code) => !removed.includes(code));
      // Nobody is told of what stays as it is.
      return kept.length === denied.length ? undefined : setDenied(call, kept);
    },
  },
];

/** @throws QubesNoSuchPropertyError for a qube of another machine */
function deniedTo({ destination }: AdminCall): readonly string[] {
  destination.property(devicesDenied.name);
  return interfaceCodes(destination.get(devicesDenied));
}

function setDenied(call: AdminCall, codes: readonly string[]): Promise<undefined> {
  return saveChange(call, () => call.destination.set(devicesDenied, codes.join('')));
}

/** @throws AdminError */
function parseCodes(untrusted: Uint8Array): readonly string[] {
  const text = decodeAscii(untrusted);
  if (text === undefined) {
    throw new ProtocolError('Device interface contains non-ASCII characters');
  }
  requireInterfaceCodes(text);
  const codes = interfaceCodes(text);
  if (new Set(codes).size === codes.length) return codes;
  throw new ProtocolError('Duplicated device interfaces in payload.');
}
