import type { XmlElement } from '../../base/xml/xml.ts';
import { ANY, ASSIGNMENT_MODES } from '../device-assignments.ts';
import type { DeviceAssignment } from '../device-assignments.ts';
import { knownIn } from './store-part.ts';
import type { StorePart } from './store-part.ts';

/** The device assignments of a qube; their backends need not exist. */
export function readDevices(element: XmlElement, part: StorePart): readonly DeviceAssignment[] {
  return knownIn(element, part, 'devices').flatMap((list) => {
    const deviceClass = list.attributes.get('class') ?? '';
    const known = part.child(list)?.part;
    if (known === undefined) return [];
    return knownIn(list, known, 'device').map((device) => readDevice(deviceClass, device));
  });
}

function readDevice(deviceClass: string, { attributes, children }: XmlElement): DeviceAssignment {
  const mode = attributes.get('mode');
  return {
    deviceClass,
    backend: attributes.get('backend-domain') ?? ANY,
    port: attributes.get('id') ?? ANY,
    device: attributes.get('identity') ?? ANY,
    mode: ASSIGNMENT_MODES.find((known) => known === mode) ?? 'required',
    options: new Map(
      children
        .filter((child) => child.name === 'option' && child.attributes.has('name'))
        .map((option) => [option.attributes.get('name') ?? '', option.text]),
    ),
  };
}
