import { readNotes, writeNotes } from '../lib/model/qube-notes.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    destination: 'qube',
    name: 'admin.vm.notes.Get',
    summary: 'Notes about a qube, in UTF-8; nothing when there are none.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return readNotes(call.app, call.destination);
    },
  },
  {
    ...CHANGES_QUBE,
    destination: 'qube',
    name: 'admin.vm.notes.Set',
    summary:
      'Replaces the notes about a qube; an empty payload empties them. What is not for display becomes `_`.',
    argument: 'none',
    payload: 'optional',
    async handle(call) {
      requirePermission(call);
      await writeNotes(call.app, call.destination, call.untrustedPayload);
      return undefined;
    },
  },
];
