import type { AdminClient } from '../admin/client.ts';
import type { Backup, Listener } from '../archive/api.ts';
import type { RestorePlan } from '../base/restore-plan.ts';
import type { ImportContent } from './import-content.ts';

/** A plan that is to be carried out, and what it takes. */
export interface RestoreWork {
  readonly plan: RestorePlan;
  /** Opened with the same `signal`. */
  readonly backup: Backup;
  readonly client: AdminClient;
  /** The same daemon; its calls work when the run was cancelled. */
  readonly undo: AdminClient;
  /** How volumes get their content; by default through the Admin API. */
  readonly importContent?: ImportContent;
  /** Folder in which the folder for dom0's home is made; undefined if there is none. */
  readonly home: string | undefined;
  /** Folder of the journals; made if it is not there. */
  readonly state: string;
  /** Leave what is not complete, where it cannot be started, for a run that goes on with it. */
  readonly keep: boolean;
  /**
   * True in a sandbox: the daemon gives all that we create the tag that keeps it from starting, and
   * who started us takes it from those with the tag `restored-from-backup-at-…`, and removes others.
   */
  readonly givenTag?: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: Listener;
}
