import {
  ProtocolError,
  QubesBackupProfileNotFoundError,
  QubesException,
} from '../lib/base/admin-error.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminFacts } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';

/** The calls on one profile. */
const ON_PROFILE = { argument: 'required', payload: 'none' } as const;
const EXECUTES: AdminFacts = { ...CHANGES_SYSTEM, access: { scope: 'global', effect: 'execute' } };

/** There are no profiles yet. */
export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    ...ON_PROFILE,
    access: { scope: 'local', effect: 'read' },
    name: 'admin.backup.Info',
    summary: 'What a backup by a profile would hold.',
    handle(call) {
      requirePermittedProfile(call);
      throw noProfile(call);
    },
  },
  {
    ...EXECUTES,
    ...ON_PROFILE,
    name: 'admin.backup.Execute',
    summary: 'Makes a backup by a profile, and answers when it is done.',
    handle(call) {
      requirePermittedProfile(call);
      throw noProfile(call);
    },
  },
  {
    ...EXECUTES,
    ...ON_PROFILE,
    name: 'admin.backup.Cancel',
    summary: 'Ends a backup that is being made by a profile.',
    handle(call) {
      requirePermittedProfile(call);
      throw new QubesException('Backup operation not running');
    },
  },
];

function requirePermittedProfile(call: AdminCall): void {
  if (call.argument.includes('/')) {
    throw new ProtocolError('Backup profile ID must not contain forward slash character');
  }
  requirePermission(call);
}

function noProfile({ argument }: AdminCall): QubesBackupProfileNotFoundError {
  return new QubesBackupProfileNotFoundError(`Backup profile does not exist: ${argument}`);
}
