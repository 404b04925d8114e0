import { QubesVMInUseError } from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { dependenciesOn } from '../dependencies.ts';
import { onSystem } from '../events.ts';
import type { Handler } from '../events.ts';
import { Qube } from '../qube.ts';
import type { System } from '../qube.ts';

/** How many users of a qube a message names. */
const MAX_NAMED = 50;

/** A qube that others need stays. */
export const REMOVAL: readonly Handler<System>[] = [
  onSystem('domain-pre-delete', (_, { vm }) => {
    if (vm instanceof Qube) requireUnneeded(vm);
  }),
];

/** @throws QubesVMInUseError when others refer to a qube, or have devices of it */
export function requireUnneeded(qube: Qube): void {
  requireNoReferences(qube);
  requireNoDevices(qube);
}

/** The message begins as the reference's, which clients know, and goes on with the users. */
function requireNoReferences(qube: Qube): void {
  const uses = dependenciesOn(qube).map(
    ({ holder, property }) => `${property} of ${holder?.name ?? 'the system'}`,
  );
  if (uses.length === 0) return;
  throw new QubesVMInUseError(
    `Domain is in use: ${pythonRepr(qube.name)};  see 'journalctl -u qubesd -e' in dom0 for ` +
      `details: used by ${list(uses)}`,
  );
}

function requireNoDevices(qube: Qube): void {
  const ports: string[] = [];
  for (const other of qube.system.qubes) {
    if (other === qube) continue;
    for (const { backend, port } of other.devices.list()) {
      if (backend === qube.name) ports.push(`${port} (${other.name})`);
    }
  }
  if (ports.length === 0) return;
  throw new QubesVMInUseError(`VM has devices assigned to other VMs: ${list(ports)}`);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  const rest = names.length - MAX_NAMED;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
