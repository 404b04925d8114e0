import { ProtocolError } from '../lib/base/admin-error.ts';
import { decodeAscii } from '../lib/base/ascii.ts';
import { listRevisions, resizeVolume, revertVolume } from '../lib/model/volume-change.ts';
import { cloneVolume, giveCloneToken, takeCloneToken } from '../lib/model/volume-clone.ts';
import { clearVolume } from '../lib/model/volume-import.ts';
import { volumeInfo } from '../lib/model/volume-info.ts';
import { setEphemeral, setRevisionsToKeep, setWritable } from '../lib/model/volume-settings.ts';
import { volumeOf } from '../lib/model/qube-volumes.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { parseFlag, parseInteger, parseNumber } from '../lib/rpc/parse-payload.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

const REVISION_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.';

/** What one of these calls on a volume is about: all name it in their argument. */
const NAMES_VOLUME = { argument: 'required', payload: 'none' } as const;

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    name: 'admin.vm.volume.List',
    summary: 'Names of the volumes of a qube, one per line.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(call.destination.volumes.keys());
    },
  },
  {
    ...READS_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Info',
    summary: 'All about a volume of a qube, one `key=value` per line; sizes in bytes.',
    async handle(call) {
      const volume = permittedVolume(call);
      const info = await volumeInfo(call.destination, volume);
      return lines([...info].map(([key, value]) => `${key}=${value}`));
    },
  },
  {
    ...READS_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.ListSnapshots',
    summary: 'Ids of the older states of a volume, one per line, the oldest first.',
    async handle(call) {
      const volume = permittedVolume(call);
      return lines(await listRevisions(call.destination, volume));
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Revert',
    summary: 'Makes a volume what it was: the payload is the id of that state.',
    payload: 'required',
    async handle(call) {
      requireVolume(call);
      const revision = decodeAscii(call.untrustedPayload)?.trim();
      if (revision === undefined || !/^[a-zA-Z0-9:_.-]*$/.test(revision)) {
        throw new ProtocolError(`Revision name must be in safe set: ${REVISION_CHARACTERS}`);
      }
      const volume = permittedVolume(call);
      await revertVolume(call.destination, volume, revision);
      return undefined;
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.CloneFrom',
    summary: 'A token with which `CloneTo` can copy this volume, once and within ten minutes.',
    handle(call) {
      return giveCloneToken(call.destination, permittedVolume(call));
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.CloneTo',
    summary: 'Gives a volume the content of the one that the token in the payload stands for.',
    payload: 'required',
    async handle(call) {
      const volume = requireVolume(call);
      const token = decodeAscii(call.untrustedPayload)?.trim();
      if (token === undefined) throw new ProtocolError('Token contains non-ASCII characters');
      const source = takeCloneToken(call.app, token);
      requirePermission(call);
      await cloneVolume(call.destination, volume, source);
      return undefined;
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Resize',
    summary: 'Gives a volume the size in the payload, in bytes.',
    payload: 'required',
    async handle(call) {
      requireVolume(call);
      const untrusted = decodeAscii(call.untrustedPayload)?.trim() ?? '?';
      const size = parseNumber(Buffer.from(untrusted), 'volume size');
      const volume = permittedVolume(call);
      await resizeVolume(call.destination, volume, size);
      return undefined;
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Clear',
    summary: 'Empties a volume of a halted qube.',
    async handle(call) {
      const volume = permittedVolume(call);
      await clearVolume(call.destination, volume);
      return undefined;
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Set.revisions_to_keep',
    summary: 'How many older states of a volume are kept; -1 for no snapshots at all.',
    payload: 'required',
    handle(call) {
      const volume = requireVolume(call);
      const count = parseInteger(call.untrustedPayload, 'revisions to keep');
      requirePermission(call);
      return saveChange(call, () => setRevisionsToKeep(call.destination, volume, count));
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Set.rw',
    summary: 'Whether the qube may write to a volume; it must be halted.',
    payload: 'required',
    handle(call) {
      const volume = requireVolume(call);
      const rw = parseFlag(call.untrustedPayload);
      requirePermission(call);
      return saveChange(call, () => setWritable(call.destination, volume, rw));
    },
  },
  {
    ...CHANGES_QUBE,
    ...NAMES_VOLUME,
    name: 'admin.vm.volume.Set.ephemeral',
    summary: 'Whether a volume is encrypted with a key that is forgotten when the qube stops.',
    payload: 'required',
    handle(call) {
      const volume = requireVolume(call);
      const ephemeral = parseFlag(call.untrustedPayload);
      requirePermission(call);
      return saveChange(call, () => setEphemeral(call.destination, volume, ephemeral));
    },
  },
];

/** @throws PermissionDenied when the qube has no such volume */
function requireVolume({ destination, argument }: AdminCall): string {
  return volumeOf(destination, argument).name;
}

function permittedVolume(call: AdminCall): string {
  const volume = requireVolume(call);
  requirePermission(call);
  return volume;
}
