import { QubesPropertyValueError, QubesValueError } from '../../base/admin-error.ts';
import { pythonRepr } from '../../base/python-text.ts';
import type { Qube } from '../qube.ts';
import { text } from '../rows.ts';

const CODE_LENGTH = 7;

export const devicesDenied = text<Qube>({
  name: 'devices_denied',
  doc: 'Interfaces of devices that must not be attached to this qube: codes of seven characters, one after another.',
  default: '',
  check: (_, value) => {
    requireInterfaceCodes(value);
    if (!/^(?:[bump*][0-9a-f*]{6})*$/.test(value)) {
      throw new QubesPropertyValueError(
        'Interface code list should be in the form chhhhhhchhhhhh...,where c is one of "b", "u", ' +
          '"m", "p", "*" and h is a hexdigit or "*".',
      );
    }
    return [...new Set(interfaceCodes(value))].sort().join('');
  },
});

/**
 * The rule for a list of codes by its length.
 * @throws QubesValueError
 */
export function requireInterfaceCodes(list: string): void {
  if (list.length % CODE_LENGTH === 0) return;
  throw new QubesValueError(
    `Invalid length of interfaces=${pythonRepr(list)} (is ${list.length}, ` +
      `expected multiple of ${CODE_LENGTH})`,
  );
}

/** The single codes of a list. */
export function interfaceCodes(list: string): readonly string[] {
  return list.match(new RegExp(`.{${CODE_LENGTH}}`, 'g')) ?? [];
}
