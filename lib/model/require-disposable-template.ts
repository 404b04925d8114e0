import { QubesPropertyValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { Qube } from './qube.ts';
import { templateForDispvms } from './properties/template-for-dispvms.ts';

/**
 * The rule of properties that name a template of disposables.
 * @param target what is being set, for the message: `system` or a qube
 * @throws QubesPropertyValueError
 */
export function requireDisposableTemplate(
  value: Qube | null,
  property: string,
  target: string,
): Qube | null {
  if (value === null || value.find(templateForDispvms) === true) return value;
  throw new QubesPropertyValueError(
    `Cannot set invalid property to ${target}, ${property} ${pythonRepr(value.name)} has ` +
      'template_for_dispvms set to False',
  );
}
