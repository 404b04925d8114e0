import type { AdminService } from './admin-service.ts';

/** What the calls on one kind of thing have in common. */
export type AdminFacts = Pick<AdminService, 'api' | 'destination' | 'access'>;

/** Reads what belongs to one qube, dom0 among them. */
export const READS_QUBE: AdminFacts = {
  api: 'admin',
  destination: 'either',
  access: { scope: 'local', effect: 'read' },
};

/** Changes what belongs to one qube. */
export const CHANGES_QUBE: AdminFacts = {
  api: 'admin',
  destination: 'either',
  access: { scope: 'local', effect: 'write' },
};

/** Sets something going in one qube. */
export const RUNS_QUBE: AdminFacts = {
  api: 'admin',
  destination: 'either',
  access: { scope: 'local', effect: 'execute' },
};

/** Reads what belongs to the system as a whole. */
export const READS_SYSTEM: AdminFacts = {
  api: 'admin',
  destination: 'dom0',
  access: { scope: 'global', effect: 'read' },
};

/** Changes what belongs to the system as a whole. */
export const CHANGES_SYSTEM: AdminFacts = {
  api: 'admin',
  destination: 'dom0',
  access: { scope: 'global', effect: 'write' },
};
