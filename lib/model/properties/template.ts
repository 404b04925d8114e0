import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { qube } from '../rows.ts';
import type { Qube } from '../qube.ts';
import { templateForDispvms } from './template-for-dispvms.ts';

/** The template of an AppVM. */
export const template = qube<Qube>({
  name: 'template',
  stage: 4,
  of: 'TemplateVM',
  doc: 'Template whose root volume the qube starts from.',
});

/** The template of a disposable, which is itself an AppVM or a standalone qube. */
export const disposableTemplate = qube<Qube>({
  name: 'template',
  stage: 4,
  doc: 'Disposable template that the qube is a copy of.',
  check: (owner, value) => {
    // A host may be killed while the last disposables go of what is no template of such any more.
    if (owner.presence === 'loading' || value.find(templateForDispvms) === true) return value;
    throw new QubesPropertyValueError(
      'template for disposable must have template_for_dispvms=True',
    );
  },
});

/** The template of a qube, undefined where it has none. */
export function templateOf(qube: Qube): Qube | undefined {
  return qube.find(template);
}

/** A qube, its template, its template's template. */
export function* withTemplates(qube: Qube): Generator<Qube> {
  for (let next: Qube | undefined = qube; next !== undefined; next = templateOf(next)) yield next;
}
