import type { Property, PropertyValue } from '../property.ts';
import type { Qube } from '../qube.ts';
import { templateOf } from './template.ts';

/**
 * The rule of a default that is the template's value, where there is a template.
 * @param row whose default it is; as a function, because the row is only being made
 * @param otherwise the default of a qube without template
 */
export function fromTemplate<Value extends PropertyValue>(
  row: () => Property<Qube, Value>,
  otherwise: (qube: Qube) => Value | undefined,
): (qube: Qube) => Value | undefined {
  return (qube) => {
    const inherited = templateOf(qube)?.find(row());
    return inherited === undefined ? otherwise(qube) : inherited;
  };
}
