import { randomUUID } from 'node:crypto';

import { QubesException, QubesValueError } from '../base/admin-error.ts';
import type { App } from './app.ts';
import { QUBE_CLASSES } from './classes/classes.ts';
import type { Label } from './label.ts';
import { label } from './properties/base.ts';
import { dispid } from './properties/dispid.ts';
import { MAX_QID, name, qid, uuid } from './properties/identity.ts';
import { isOfPreloading } from './preload/preload-features.ts';
import { checkUpdatesVm, defaultDispvm, defaultTemplate } from './properties/system.ts';
import { template, templateOf } from './properties/template.ts';
import { templateForDispvms } from './properties/template-for-dispvms.ts';
import { Qube } from './qube.ts';
import type { QubeClassName } from './qube.ts';
import { parseQubeName } from './qube-name.ts';

/** What a new qube is to be. */
export interface NewQube {
  readonly className: QubeClassName;
  readonly name: string;
  /** That of its template by default, where it is a disposable. */
  readonly label?: Label;
  /** The default one of the system, where its class needs one. */
  readonly template?: Qube | undefined;
  /** Number of a disposable. */
  readonly dispid?: number | undefined;
}

/**
 * A qube that nobody knows of yet, with what makes it this one; nothing of it is on disk.
 * @throws QubesValueError for a template that cannot be one, and where there is none
 */
export function draftQube(app: App, wanted: NewQube): Qube {
  const qube = new Qube(app, QUBE_CLASSES[wanted.className]);
  qube.set(qid, unusedQid(app));
  qube.set(uuid, randomUUID());
  qube.set(name, parseQubeName(wanted.name));
  if (wanted.label !== undefined) qube.set(label, wanted.label);
  if (qube.has(template)) base(qube, wanted.template ?? defaultFor(qube));
  if (wanted.dispid !== undefined) qube.set(dispid, wanted.dispid);
  return qube;
}

/**
 * Completes a draft by what holds at this moment; what its template and label were may have
 * changed since it was drawn up.
 * @throws AdminError when the draft has become impossible
 */
export function completeQube(app: App, qube: Qube): void {
  if (app.qubes.byQid(qube.qid) !== undefined) qube.put(qid.name, unusedQid(app));
  const basis = templateOf(qube);
  if (basis !== undefined) base(qube, basis);
  if (qube.klass.folder !== undefined && !app.get(checkUpdatesVm)) {
    qube.features.set('check-updates', false);
  }
  if (qube.className === 'DispVM' && basis !== undefined) takeOver(qube, basis);
  qube.setText(qube.property(label.name), qube.get(label).name);
}

/** @throws QubesPropertyValueError also when it is gone */
function base(qube: Qube, basis: Qube): void {
  if (qube.className === 'DispVM' && basis.find(templateForDispvms) !== true) {
    throw new QubesValueError(
      `template for disposable (${basis.name}) needs to be an AppVM with template_for_dispvms=True`,
    );
  }
  qube.setText(qube.property(template.name), basis.name);
}

function defaultFor({ className, system }: Qube): Qube {
  const found = system.find(className === 'DispVM' ? defaultDispvm : defaultTemplate) ?? null;
  if (found !== null) return found;
  throw new QubesValueError('Template for the qube not specified, nor default template set.');
}

/** A disposable is like its template in all that is not the template's own. */
function takeOver(qube: Qube, basis: Qube): void {
  for (const row of qube.properties) {
    const own = basis.properties.find(row.name);
    const isTaken = own !== undefined && !basis.isDefault(own) && qube.isDefault(row);
    if (isTaken && row.cloned && !row.readOnly && row.name !== template.name) {
      qube.put(row.name, basis.find(own));
    }
  }
  for (const [feature, value] of basis.features) {
    if (!isOfPreloading(feature)) qube.features.set(feature, value);
  }
  for (const tag of basis.tags) qube.tags.add(tag);
}

function unusedQid({ qubes }: App): number {
  for (let number = 1; number < MAX_QID; number++) {
    if (qubes.byQid(number) === undefined) return number;
  }
  throw new QubesException('There is no unused number for a qube');
}
