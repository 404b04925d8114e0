import { QubesNotImplementedError } from '../lib/base/admin-error.ts';
import { cleanNotes } from '../lib/model/notes.ts';
import type { Qube } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';

const FILE = 'notes.txt';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    destination: 'qube',
    name: 'admin.vm.notes.Get',
    summary: 'Notes about a qube, in UTF-8; nothing when there are none.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      const { app, destination } = call;
      requirePermission(call);
      return app.storage.readText(folderOf(destination), FILE);
    },
  },
  {
    ...CHANGES_QUBE,
    destination: 'qube',
    name: 'admin.vm.notes.Set',
    summary:
      'Replaces the notes about a qube; nothing empties them. What is not for display becomes `_`.',
    argument: 'none',
    payload: 'optional',
    async handle(call) {
      const { app, destination, untrustedPayload } = call;
      requirePermission(call);
      await app.storage.writeText(folderOf(destination), FILE, cleanNotes(untrustedPayload));
      return undefined;
    },
  },
];

function folderOf({ folder, className }: Qube): string {
  if (folder !== undefined) return folder;
  throw new QubesNotImplementedError(`A ${className} has no notes`);
}
