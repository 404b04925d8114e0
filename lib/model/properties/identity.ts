import { QubesPropertyValueError, QubesValueError } from '../../base/admin-error.ts';
import { parseInteger, parseText } from '../parse-value.ts';
import { property } from '../property.ts';
import type { Property } from '../property.ts';

/** Greatest number a qube can have; the ranges of addresses follow from it. */
export const MAX_QID = 10_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const name: Property<unknown, string> = property('str', (_, text) => parseText(text), {
  name: 'name',
  doc: 'Name of the qube. It is given once, when the qube is created.',
  writeOnce: true,
  cloned: false,
});

export const qid: Property<unknown, number> = property('int', (_, text) => parseInteger(text), {
  name: 'qid',
  doc: 'Number of the qube, which it keeps as long as it exists; addresses are derived from it. It is not the number of the running domain (xid).',
  writeOnce: true,
  cloned: false,
  check: (_, value) => {
    if (value >= 0 && value <= MAX_QID) return value;
    throw new QubesPropertyValueError(`qid value must be between 0 and ${MAX_QID}`);
  },
});

export const uuid: Property<unknown, string> = property('str', (_, text) => parseUuid(text), {
  name: 'uuid',
  doc: 'UUID of the qube, under which the hypervisor knows it.',
  writeOnce: true,
  cloned: false,
});

/**
 * A UUID in its canonical form, in lower case.
 * @throws QubesValueError
 */
export function parseUuid(untrusted: string): string {
  const canonical = untrusted.toLowerCase();
  if (UUID.test(canonical)) return canonical;
  throw new QubesValueError('Failed to parse property value as UUID');
}
