import type { Core2Context } from './core2-context.ts';
import { qubeName } from './metadata.ts';
import type { BackupQube } from './metadata.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

type NetVm = string | null;

/** A qube, and the disposable template it needs in Qubes 4, if any. */
interface Networked {
  readonly qube: BackupQube;
  readonly disposableTemplate?: BackupQube;
}

/**
 * Adds the networking of Qubes 2 and 3 to a qube. There every qube told the network of the
 * disposables started from it; in Qubes 4 that is a property of their template, so a qube whose
 * disposables had a network other than the default gets a `default_dispvm` with that network.
 */
export function addCore2Network(
  qube: BackupQube,
  { attributes }: XmlElement,
  defaultNetVm: NetVm | undefined,
  context: Core2Context,
): Networked {
  const properties = new Map(qube.properties);
  const what = `qube "${qube.name}"`;
  const chosen = (usesDefault: string, number: string): NetVm | undefined =>
    (attributes.get(usesDefault) ?? 'True') === 'True'
      ? undefined
      : context.qubeByNumber(attributes.get(number) ?? 'none', what, number);

  const netVm = chosen('uses_default_netvm', 'netvm_qid');
  if (netVm !== undefined) properties.set('netvm', netVm);

  const own = properties.get('netvm');
  const inherited = own === undefined ? defaultNetVm : own;
  const ofDisposables = chosen('uses_default_dispvm_netvm', 'dispvm_netvm_qid');
  const wanted = ofDisposables === undefined ? inherited : ofDisposables;
  if (wanted === undefined || wanted === defaultNetVm) return { qube: { ...qube, properties } };

  const name = wanted === null ? 'disp-no-netvm' : `disp-${wanted}`;
  if (!qubeName.safeParse(name).success) {
    context.warn(`The network of disposables of ${what} is left out: "${name}" is too long a name`);
    return { qube: { ...qube, properties } };
  }
  properties.set('default_dispvm', name);
  return { qube: { ...qube, properties }, disposableTemplate: disposableTemplate(name, wanted) };
}

/** It is part of what is restored, but has no files in the backup. */
function disposableTemplate(name: string, netVm: NetVm): BackupQube {
  return {
    name,
    class: 'AppVM',
    label: 'red',
    template: null,
    properties: new Map([
      ['netvm', netVm],
      ['template_for_dispvms', 'True'],
    ]),
    features: new Map(),
    tags: new Set(),
    devices: [],
    backup: { included: true, size: 0, wholeFolder: false },
  };
}
