import { QubesPropertyValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { PropertyValue } from './property.ts';
import type { System } from './qube.ts';

/**
 * The rule of properties that name a kernel of dom0; empty names none.
 * @throws QubesPropertyValueError when it is not installed
 */
export function requireKernel({ storage }: System, value: PropertyValue): void {
  if (typeof value !== 'string' || value === '') return;
  const kernel = storage.kernel(value);
  if (kernel === undefined) {
    throw new QubesPropertyValueError(`Kernel ${pythonRepr(value)} not installed`);
  }
  if (kernel.complete) return;
  throw new QubesPropertyValueError(
    `Kernel ${pythonRepr(value)} not properly installed: missing 'vmlinuz' file`,
  );
}
