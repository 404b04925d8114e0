import { ProtocolError } from '../lib/base/admin-error.ts';
import { decodeAscii } from '../lib/base/ascii.ts';
import { noteUpdates } from '../lib/model/updates.ts';
import { hasOutdatedVolumes } from '../lib/model/volumes.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

export const services: readonly AdminService[] = [
  {
    api: 'misc',
    destination: 'dom0',
    access: undefined,
    name: 'qubes.NotifyUpdates',
    summary: 'Tells whether there are updates for the caller, or for its template: their number.',
    argument: 'none',
    payload: 'required',
    async handle(call) {
      const count = decodeAscii(call.untrustedPayload)?.trim() ?? '';
      if (!/^[0-9]+$/.test(count)) throw new ProtocolError('Update count is not a digit');
      const notice = {
        available: /[1-9]/.test(count),
        isOutdated: await hasOutdatedVolumes(call.source),
      };
      return saveChange(call, () => noteUpdates(call.source, notice, new Date()));
    },
  },
];
