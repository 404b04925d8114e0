import { QubesVMInUseError } from '../../base/admin-error.ts';
import { dependenciesOn } from '../dependencies.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';

const REFUSAL = 'Cannot change template_for_dispvms to False while it is';
const OF_THE_SYSTEM = ['default_dispvm', 'management_dispvm'];
const OF_QUBES = [...OF_THE_SYSTEM, 'template'];

/** A qube stays a template of disposables as long as something relies on it. */
export const DISPOSABLE_TEMPLATE: readonly Handler<Qube>[] = [
  onQube('property-pre-set:template_for_dispvms', (qube, { newvalue, oldvalue }) => {
    if (newvalue === false && oldvalue === true) requireUnused(qube);
  }),
  onQube('property-pre-reset:template_for_dispvms', (qube, { oldvalue }) => {
    if (oldvalue === true) requireUnused(qube);
  }),
];

function requireUnused(qube: Qube): void {
  const uses = dependenciesOn(qube);
  if (
    uses.some(({ holder, property }) => holder === undefined && OF_THE_SYSTEM.includes(property))
  ) {
    throw new QubesVMInUseError(
      `${REFUSAL} in use by the system by any of these properties: ${OF_THE_SYSTEM.join(', ')}`,
    );
  }
  if (uses.some(({ holder, property }) => holder !== undefined && OF_QUBES.includes(property))) {
    throw new QubesVMInUseError(
      `${REFUSAL} the disposable template of a qube by any of these properties: ${OF_QUBES.join(', ')}`,
    );
  }
}
