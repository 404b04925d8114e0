import {
  QubesValueError,
  QubesVMInUseError,
  QubesVMNotHaltedError,
} from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { isOfStock } from '../preload/is-of-stock.ts';
import { defaultTemplate } from '../properties/system.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { isHalted, isRunning } from '../running.ts';
import { repointVolumes } from '../lay-out-volumes.ts';

/** A qube has a template for good; another one can take its place while the qube is off. */
export const TEMPLATE_CHANGE: readonly Handler<Qube>[] = [
  onQube('property-pre-set:template', (qube) => {
    if (isHalted(qube)) return;
    throw new QubesVMNotHaltedError('Cannot change template while qube is running');
  }),
  onQube('property-pre-reset:template', (qube) => {
    throw new QubesValueError(`Cannot unset template${advice(qube)}`);
  }),
  onQube('property-set:template', (qube) => {
    // What goes has to find what it began from.
    const staying = basedOn(qube).filter((one) => !isOfStock(one));
    for (const one of [qube, ...staying]) repointVolumes(one);
  }),
];

/** Nor may disposables run that are based on it. */
export const TEMPLATE_CHANGE_OF_DISPOSABLES: readonly Handler<Qube>[] = [
  onQube('property-pre-set:template', (qube, { newvalue, oldvalue }) => {
    if (newvalue === oldvalue || !qube.get(templateForDispvms)) return;
    if (!basedOn(qube).some((one) => isRunning(one) && !isOfStock(one))) return;
    throw new QubesVMInUseError(
      'Cannot change template while there are running disposables based on this disposable template',
    );
  }),
];

function basedOn(template: Qube): readonly Qube[] {
  return [...template.system.qubes].filter((qube) => templateOf(qube) === template);
}

function advice({ className, system }: Qube): string {
  const usual = className === 'AppVM' ? (system.find(defaultTemplate) ?? null) : null;
  return usual === null ? '' : `. You can set it to the current default (${usual.name}) instead`;
}
