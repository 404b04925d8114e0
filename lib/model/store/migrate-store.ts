import { select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';
import { editNamed, propertyText, withAttribute, withProperty } from './edit-xml.ts';
import { migrateDevices } from './migrate-devices.ts';
import { readBoolean } from './store-error.ts';

/** Told of everything that is changed, in a sentence. */
export type Note = (note: string) => void;

const OLD_GRAY = '0x555753';
const GRAY = '0x555555';
const MEMINFO_WRITER = 'service.meminfo-writer';
const DISPOSABLE_TEMPLATES = ['default_dispvm', 'management_dispvm'];

/** Says what older releases said in the words of the present one; a store of this release stays as it is. */
export function migrateStore(store: XmlElement, note: Note): XmlElement {
  const domains = new Map(
    select(store, 'domains', 'domain').map((one) => [propertyText(one, 'name') ?? 'dom0', one]),
  );
  const isDisposableTemplate = (name: string): boolean => {
    const qube = domains.get(name);
    return qube !== undefined && lendsDisposables(qube, name);
  };
  const networkOfGateways = oldGatewayNetwork(store, domains);
  const migrated = editNamed(store, 'domains', (section) =>
    editNamed(section, 'domain', (one) => {
      const name = propertyText(one, 'name') ?? 'dom0';
      let qube = migrateProperties(one, name, note);
      qube = emptyInvalid(qube, name, isDisposableTemplate, note);
      qube = migrateFeatures(qube, name, note);
      qube = migrateDevices(qube, name, note);
      qube = withoutInternal(qube, name, note);
      return networkOfGateways === undefined ? qube : keepNetwork(qube, name, networkOfGateways);
    }),
  );
  return migrateSystem(emptyInvalid(migrated, 'the system', isDisposableTemplate, note), note);
}

function migrateSystem(store: XmlElement, note: Note): XmlElement {
  const labelled = editNamed(store, 'labels', (labels) =>
    editNamed(labels, 'label', (label) => {
      if (label.attributes.get('color') !== OLD_GRAY) return label;
      note(`the colour of the label ${label.text} is now ${GRAY}`);
      return withAttribute(label, 'color', GRAY);
    }),
  );
  if (propertyText(labelled, 'default_fw_netvm') === undefined) return labelled;
  note('default_fw_netvm is now the netvm of each qube that it applied to');
  return withProperty(labelled, 'default_fw_netvm', undefined);
}

/** `hvm` and `dispvm_allowed` have other names now. */
function migrateProperties(one: XmlElement, name: string, note: Note): XmlElement {
  let qube = one;
  const hvm = propertyText(qube, 'hvm');
  if (hvm !== undefined) {
    const mode = readBoolean(hvm, name, 'hvm') ? 'hvm' : 'pv';
    qube = withProperty(qube, 'hvm', undefined);
    qube = withProperty(qube, 'virt_mode', propertyText(qube, 'virt_mode') ?? mode);
    note(`hvm of ${name} is now virt_mode`);
  }
  const allowed = propertyText(qube, 'dispvm_allowed');
  if (allowed !== undefined) {
    const lends = readBoolean(allowed, name, 'dispvm_allowed') ? 'True' : 'False';
    qube = withProperty(qube, 'dispvm_allowed', undefined);
    const present = propertyText(qube, 'template_for_dispvms');
    qube = withProperty(qube, 'template_for_dispvms', present ?? lends);
    note(`dispvm_allowed of ${name} is now template_for_dispvms`);
  }
  return qube;
}

function lendsDisposables(qube: XmlElement, name: string): boolean {
  const row = 'template_for_dispvms';
  const lends = propertyText(qube, row) ?? propertyText(qube, 'dispvm_allowed');
  return lends !== undefined && readBoolean(lends, name, row);
}

/** Templates of disposables that are none were accepted once. */
function emptyInvalid(
  holder: XmlElement,
  title: string,
  isDisposableTemplate: (name: string) => boolean,
  note: Note,
): XmlElement {
  return DISPOSABLE_TEMPLATES.reduce((present, row) => {
    const named = propertyText(present, row) ?? '';
    if (named === '' || isDisposableTemplate(named)) return present;
    note(`${row} of ${title} named no disposable template; it is now none`);
    return withProperty(present, row, '');
  }, holder);
}

/** The service meminfo-writer follows from maxmem now; that of dom0 cannot be set. */
function migrateFeatures(one: XmlElement, name: string, note: Note): XmlElement {
  let value: string | undefined;
  const qube = editNamed(one, 'features', (features) =>
    editNamed(features, 'feature', (feature) => {
      if (feature.attributes.get('name') !== MEMINFO_WRITER) return feature;
      value = feature.text;
      return undefined;
    }),
  );
  if (value === undefined) return qube;
  note(`the feature ${MEMINFO_WRITER} of ${name} is now maxmem`);
  const hasMaxmem = qube.attributes.get('class') !== 'AdminVM';
  return value === '' && hasMaxmem ? withProperty(qube, 'maxmem', '0') : qube;
}

function withoutInternal(qube: XmlElement, name: string, note: Note): XmlElement {
  return editNamed(qube, 'volume-config', (section) =>
    editNamed(section, 'volume', (volume) => {
      if (!volume.attributes.has('internal')) return volume;
      note(`the volume ${volume.attributes.get('name') ?? ''} of ${name} is no longer "internal"`);
      return withAttribute(volume, 'internal', undefined);
    }),
  );
}

/** What `default_fw_netvm` meant for qubes that provide network: undefined where nothing else. */
function oldGatewayNetwork(
  store: XmlElement,
  domains: ReadonlyMap<string, XmlElement>,
): string | undefined {
  const gateways = propertyText(store, 'default_fw_netvm');
  if (gateways === undefined || gateways === (propertyText(store, 'default_netvm') ?? '')) {
    return undefined;
  }
  return gateways === '' || domains.has(gateways) ? gateways : undefined;
}

function keepNetwork(qube: XmlElement, name: string, netvm: string): XmlElement {
  const row = 'provides_network';
  const provides = propertyText(qube, row);
  if (provides === undefined || propertyText(qube, 'netvm') !== undefined) return qube;
  return readBoolean(provides, name, row) ? withProperty(qube, 'netvm', netvm) : qube;
}
