import type { XmlElement } from '../../base/xml/xml.ts';
import { editNamed, withAttribute } from './edit-xml.ts';
import { readBoolean } from './store-error.ts';

/** Assignments said `required` before there were modes, and had the identity among their options. */
export function migrateDevices(
  qube: XmlElement,
  name: string,
  note: (note: string) => void,
): XmlElement {
  return editNamed(qube, 'devices', (section) =>
    editNamed(section, 'device', (one) => {
      const device = migrateIdentity(migrateMode(one, name));
      if (device !== one)
        note(`the device ${one.attributes.get('id') ?? '*'} of ${name} has a mode`);
      return device;
    }),
  );
}

function migrateMode(device: XmlElement, name: string): XmlElement {
  const required = device.attributes.get('required');
  if (required === undefined) return device;
  const mode = readBoolean(required, name, 'required') ? 'required' : 'auto-attach';
  return withAttribute(withAttribute(device, 'required', undefined), 'mode', mode);
}

function migrateIdentity(device: XmlElement): XmlElement {
  let identity: string | undefined;
  const migrated = editNamed(device, 'option', (option) => {
    if (option.attributes.get('name') !== 'identity') return option;
    identity = option.text;
    return undefined;
  });
  return identity === undefined ? device : withAttribute(migrated, 'identity', identity);
}
