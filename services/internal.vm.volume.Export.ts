import { ProtocolError } from '../lib/base/admin-error.ts';
import { volumeOf } from '../lib/model/qube-volumes.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import type { Volume } from '../lib/storage/storage.ts';

/** For programs of dom0 only: the Admin API lets nobody read volumes. */
const INTERNAL = {
  api: 'internal',
  destination: 'either',
  access: undefined,
  argument: 'required',
} as const;

export const services: readonly AdminService[] = [
  {
    ...INTERNAL,
    name: 'internal.vm.volume.ExportBegin',
    summary: 'Size in bytes of the saved content of a volume, and where it can be read.',
    payload: 'none',
    async handle(call) {
      const volume = requireVolume(call);
      const size = await volume.size();
      return `${size} ${await volume.export()}`;
    },
  },
  {
    ...INTERNAL,
    name: 'internal.vm.volume.ExportEnd',
    summary: 'Ends it: the payload is where it was read.',
    payload: 'required',
    async handle(call) {
      const path = Buffer.from(call.untrustedPayload).toString();
      await requireVolume(call).exportEnd(path);
      return undefined;
    },
  },
];

function requireVolume({ destination, argument }: AdminCall): Volume {
  if (destination.volumes.has(argument)) return volumeOf(destination, argument);
  throw new ProtocolError(`Argument not in ${destination.name} volumes`);
}
