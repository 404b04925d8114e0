import { QubesValueError } from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';

/** A qube always has a label: what policy and windows say of it depends on that. */
export const LABEL_STAYS: readonly Handler<Qube>[] = [
  onQube('property-pre-reset:label', () => {
    throw new QubesValueError('Cannot unset label');
  }),
];
