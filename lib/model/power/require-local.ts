import { QubesVMError, QubesVMNotHaltedError } from '../../base/admin-error.ts';
import type { Qube } from '../qube.ts';

/**
 * Refuses what can be done only to qubes that are started and stopped here.
 * @param verb what is to be done: `start`
 * @throws QubesVMNotHaltedError for a start, else QubesVMError, for dom0 and qubes elsewhere
 */
export function requireLocal({ className }: Qube, verb: string): void {
  const what = { AdminVM: 'Dom0 fake domain!', RemoteVM: 'a RemoteVM.' }[className];
  if (what === undefined) return;
  const message = `Cannot ${verb} ${what}`;
  throw verb === 'start' ? new QubesVMNotHaltedError(message) : new QubesVMError(message);
}

/** Whether a qube is one that is started and stopped here. */
export function isLocal({ className }: Qube): boolean {
  return className !== 'AdminVM' && className !== 'RemoteVM';
}
