import type { XmlElement } from '../../base/xml/xml.ts';
import type { PoolRecord } from '../../storage/storage.ts';
import type { Label } from '../label.ts';
import { storeError } from './store-error.ts';
import { SYSTEM_PART } from './store-grammar.ts';
import { knownIn } from './store-part.ts';

/** @throws DamagedError */
export function readLabels(store: XmlElement): readonly Label[] {
  return knownIn(store, SYSTEM_PART, 'labels', 'label').map((label) => {
    const id = label.attributes.get('id') ?? '';
    const [, index] = /^label-([0-9]{1,9})$/.exec(id) ?? [];
    // A line break behind the colour is a known slip of other programs.
    const color = label.attributes.get('color')?.trim() ?? '';
    if (index === undefined || !/^0x[0-9a-f]{6}$/i.test(color) || label.text === '') {
      throw storeError(`the label ${id}`, 'it needs a number, a colour and a name');
    }
    return { index: Number(index), name: label.text, color };
  });
}

export function readPools(store: XmlElement): readonly PoolRecord[] {
  return knownIn(store, SYSTEM_PART, 'pools', 'pool').map(({ attributes }) => {
    const config = new Map(attributes);
    config.delete('name');
    return {
      name: attributes.get('name') ?? '',
      driver: attributes.get('driver') ?? '',
      config,
    };
  });
}
