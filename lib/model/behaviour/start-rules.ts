import { QubesException, QubesVMError, QubesVMNotHaltedError } from '../../base/admin-error.ts';
import { RESTORING } from '../../base/restore-tags.ts';
import { onAction } from '../events.ts';
import type { Handler } from '../events.ts';
import { volumesOf } from '../qube-volumes.ts';
import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';

/** A qube that is being restored is not complete yet. */
export const NO_START_WHILE_RESTORED: readonly Handler<Qube>[] = [
  onAction('domain-pre-start', (qube) => {
    if (!qube.tags.has(RESTORING)) return;
    throw new QubesVMError('Restore of this domain in progress, cannot start');
  }),
];

/** A template may have ceased to be one of disposables. */
export const NO_START_WITHOUT_TEMPLATE: readonly Handler<Qube>[] = [
  onAction('domain-pre-start', (qube) => {
    const template = templateOf(qube);
    if (template === undefined || template.find(templateForDispvms) === true) return;
    throw new QubesException(
      `template for disposable (${template.name}) needs to have template_for_dispvms=True`,
    );
  }),
];

/** Without snapshots a volume cannot be written while disposables run that began from it. */
export const NO_START_BESIDE_DISPOSABLES: readonly Handler<Qube>[] = [
  onAction('domain-pre-start', (qube) => {
    if (!qube.get(templateForDispvms)) return;
    if (!volumesOf(qube).some(({ snapshotsDisabled }) => snapshotsDisabled)) return;
    for (const other of qube.system.qubes) {
      if (templateOf(other) === qube && isRunning(other))
        throw QubesVMNotHaltedError.of(other.name);
    }
  }),
];
