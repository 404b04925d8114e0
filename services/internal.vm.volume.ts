import { ProtocolError, QubesException } from '../lib/base/admin-error.ts';
import { decodeAscii } from '../lib/base/ascii.ts';
import { printable } from '../lib/base/printable.ts';
import { volumeOf } from '../lib/model/qube-volumes.ts';
import { beginImport, endImport } from '../lib/model/volume-import.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { parseNumber } from '../lib/rpc/parse-payload.ts';
import type { Volume } from '../lib/storage/storage.ts';

/**
 * For programs of dom0 only: those that stream volumes into the pools, for which policy is asked, and
 * those that read from them, which the Admin API lets nobody do.
 */
const INTERNAL = {
  api: 'internal',
  destination: 'either',
  access: undefined,
  argument: 'required',
} as const;

export const services: readonly AdminService[] = [
  {
    ...INTERNAL,
    access: { scope: 'local', effect: 'write' },
    name: 'internal.vm.volume.ImportBegin',
    summary: 'Begins to import a volume: its size, or the one in the payload, and where to write.',
    payload: 'optional',
    async handle(call) {
      const { source, destination, argument, untrustedPayload } = call;
      const volume = requireVolume(call);
      const hasSize = untrustedPayload.length > 0;
      const method = `admin.vm.volume.Import${hasSize ? 'WithSize' : ''}`;
      source.fire(`admin-permission:${method}`, { dest: destination, arg: argument });
      const wanted = hasSize ? parseNumber(untrustedPayload, 'size of new data') : undefined;
      const { size, path } = await beginImport(destination, volume, wanted);
      return `${size} ${path}`;
    },
  },
  {
    ...INTERNAL,
    name: 'internal.vm.volume.ImportEnd',
    summary: 'Ends it: `ok`, or `fail` and on the next line why; its answer is that of the import.',
    payload: 'required',
    async handle(call) {
      const volume = requireVolume(call);
      const outcome = decodeAscii(call.untrustedPayload) ?? '';
      const success = outcome === 'ok';
      await endImport(call.destination, volume, success);
      if (success) return undefined;
      const [, ...reason] = outcome.split('\n');
      throw new QubesException(`Data import failed: ${printable(reason.join('\n'))}`);
    },
  },
  {
    ...INTERNAL,
    name: 'internal.vm.volume.ExportBegin',
    summary: 'Size in bytes of the saved content of a volume, and where it can be read.',
    payload: 'none',
    async handle(call) {
      const volume = savedVolume(call);
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
      await savedVolume(call).exportEnd(path);
      return undefined;
    },
  },
];

function savedVolume(call: AdminCall): Volume {
  return volumeOf(call.destination, requireVolume(call));
}

function requireVolume({ destination, argument }: AdminCall): string {
  if (destination.volumes.has(argument)) return argument;
  throw new ProtocolError(`Argument not in ${destination.name} volumes`);
}
