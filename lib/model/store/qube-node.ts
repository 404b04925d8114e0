import type { XmlNode } from '../../base/xml/print-xml.ts';
import type { DeviceAssignment } from '../device-assignments.ts';
import type { PropertyHolder } from '../property-holder.ts';
import type { Qube } from '../qube.ts';
import { withRemainder } from './remainder.ts';
import type { RestOfQube } from './rest-of-store.ts';
import { qubePart } from './store-grammar.ts';

/** A qube as the store has it. */
export function qubeNode(qube: Qube, rest: RestOfQube | undefined): XmlNode {
  const node = element('domain', { id: idOf(qube), class: qube.className }, [
    propertiesNode(qube),
    element(
      'features',
      {},
      [...qube.features].map(([name, value]) => leaf('feature', { name }, value)),
    ),
    element(
      'tags',
      {},
      [...qube.tags].map((name) => leaf('tag', { name })),
    ),
    ...deviceNodes(qube, rest?.deviceClasses ?? []),
    ...volumeNodes(qube),
  ]);
  return withRemainder(node, qubePart(qube.klass), rest?.remainder);
}

/** Under which a qube stands in the store. */
export function idOf(qube: Qube): string {
  return `domain-${qube.qid}`;
}

/** The properties of a qube or of the system that are set. */
export function propertiesNode<Self>(holder: PropertyHolder<Self>): XmlNode {
  return element(
    'properties',
    {},
    [...holder.savedProperties()].map(([name, text]) => leaf('property', { name }, text)),
  );
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly XmlNode[],
): XmlNode {
  return { name, attributes: new Map(Object.entries(attributes)), children };
}

export function leaf(
  name: string,
  attributes: Readonly<Record<string, string>>,
  text?: string,
): XmlNode {
  return { name, attributes: new Map(Object.entries(attributes)), text };
}

/** One list for each class of devices; those that were there before stay, even empty. */
function deviceNodes(qube: Qube, before: readonly string[]): readonly XmlNode[] {
  const assignments = qube.devices.list();
  const classes = new Set([...before, ...assignments.map(({ deviceClass }) => deviceClass)]);
  return [...classes].map((deviceClass) =>
    element(
      'devices',
      { class: deviceClass },
      assignments.filter((one) => one.deviceClass === deviceClass).map(deviceNode),
    ),
  );
}

function deviceNode({ backend, port, mode, device, options }: DeviceAssignment): XmlNode {
  return element(
    'device',
    { 'backend-domain': backend, id: port, mode, identity: device },
    [...options].map(([name, value]) => leaf('option', { name }, value)),
  );
}

function volumeNodes(qube: Qube): readonly XmlNode[] {
  if (qube.klass.volumes.length + qube.volumes.size === 0) return [];
  const volumes = [...qube.volumes.values()];
  return [
    element(
      'volume-config',
      {},
      volumes.map((attributes) => ({ name: 'volume', attributes })),
    ),
  ];
}
