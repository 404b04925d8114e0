import { printable } from '../../base/printable.ts';
import { reasonOf } from '../../base/errors.ts';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import type { Core2Context } from './core2-context.ts';
import { backupQube } from './metadata.ts';
import type { BackupDevice, BackupQube } from './metadata.ts';
import { parsePythonDict, parsePythonList } from './python-literal.ts';
import { parseBytes } from './scalar.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/** Attributes that are properties of the same name now, unless they say what was the default. */
const PROPERTIES: readonly (readonly [name: string, oldDefault: string])[] = [
  ['autostart', 'False'],
  ['debug', 'False'],
  ['default_user', 'user'],
  ['include_in_backups', 'True'],
  ['mac', ''],
  ['maxmem', '4000'],
  ['memory', '400'],
  ['qrexec_timeout', '60'],
  ['vcpus', '2'],
];

/** Before Qubes 4 this one was a service, now it is a feature of its own. */
const UPDATE_CHECK = 'qubes-update-check';

/**
 * Reads an element of Qubes 2 or 3 such as `<QubesAppVm name="work" qid="5" …/>`, all but its
 * networking. What was true or false in attributes becomes what Qubes 4 means by it.
 * @throws DamagedError, stage `content`
 */
export function readCore2Qube(element: XmlElement, context: Core2Context): BackupQube {
  const { attributes } = element;
  const name = attributes.get('name');
  const what = `qube "${printable(name ?? '', 60)}"`;
  const template = context.qubeByNumber(attributes.get('template_qid'), what, 'template_qid');
  const qubeClass = classOf(element);
  const isAdmin = qubeClass === 'AdminVM';

  const candidate = {
    name,
    class: qubeClass,
    label: attributes.get('label') ?? 'red',
    template: qubeClass === 'AppVM' ? (template ?? null) : null,
    properties: isAdmin ? new Map() : propertiesOf(element),
    features: isAdmin ? new Map() : featuresOf(element, qubeClass, what, context),
    tags: new Set(),
    devices: isAdmin ? [] : devicesOf(attributes, what, context),
    backup: backupOf(attributes, qubeClass, what, context.file),
  };
  return accept(backupQube, candidate, context.file, what);
}

function classOf({ name, attributes }: XmlElement): string {
  if (name === 'QubesTemplateVm' || name === 'QubesTemplateHVm') return 'TemplateVM';
  if (attributes.get('qid') === '0') return 'AdminVM';
  return (attributes.get('template_qid') ?? 'none').toLowerCase() === 'none'
    ? 'StandaloneVM'
    : 'AppVM';
}

function propertiesOf({ name: element, attributes }: XmlElement): Map<string, string | null> {
  const properties = new Map<string, string | null>();
  for (const [name, oldDefault] of PROPERTIES) {
    const value = attributes.get(name) ?? '';
    if (value !== '' && value !== oldDefault) properties.set(name, value);
  }
  for (const name of ['kernel', 'kernelopts']) {
    const usesDefault = attributes.get(`uses_default_${name}`) ?? '';
    const value = attributes.get(name) ?? 'none';
    if (usesDefault !== '' && usesDefault.toLowerCase() !== 'true') {
      properties.set(name, value.toLowerCase() === 'none' ? null : value);
    }
  }
  if (element.endsWith('HVm')) properties.set('virt_mode', 'hvm').set('kernel', '');
  if (element === 'QubesNetVm') properties.set('netvm', null);
  if (element === 'QubesNetVm' || element === 'QubesProxyVm') {
    properties.set('provides_network', 'True');
  }
  return properties;
}

function featuresOf(
  { name: element, attributes }: XmlElement,
  qubeClass: string,
  what: string,
  { warn }: Core2Context,
): Map<string, string> {
  const features = new Map<string, string>();
  // Qubes 3 emulated devices without a Linux stub domain; Windows breaks when that changes.
  if (element.endsWith('HVm')) features.set('linux-stubdom', '');
  // Qubes 3 took agents for granted in what was not an HVM; qubes with a template inherit this.
  const isStandaloneLinux = element === 'QubesAppVm' && qubeClass === 'StandaloneVM';
  if (element === 'QubesTemplateVm' || isStandaloneLinux) {
    features.set('qrexec', '1').set('gui', '1');
  }
  if (attributes.get('internal') === 'True') features.set('internal', '1');
  try {
    for (const [service, value] of parsePythonDict(attributes.get('services') || '{}')) {
      const feature = service === UPDATE_CHECK ? 'check-updates' : `service.${service}`;
      const isOff = value === false || value === null || value === 0 || value === '';
      features.set(feature, isOff ? '' : value === true ? '1' : String(value));
    }
  } catch (error) {
    warn(`The services of ${what} are left out: ${reasonOf(error)}`);
  }
  return features;
}

function devicesOf(
  attributes: ReadonlyMap<string, string>,
  what: string,
  { warn }: Core2Context,
): readonly BackupDevice[] {
  const isStrict = attributes.get('pci_strictreset') !== 'False';
  try {
    return parsePythonList(attributes.get('pcidevs') || '[]').map((address) => {
      if (typeof address !== 'string' || !/^[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]$/.test(address)) {
        throw new SyntaxError('not the address of a PCI device');
      }
      return {
        bus: 'pci',
        backendDomain: 'dom0',
        portId: address.replace(':', '_'),
        identity: '*',
        mode: 'required',
        options: new Map(isStrict ? [] : [['no-strict-reset', 'True']]),
      };
    });
  } catch (error) {
    warn(`The PCI devices of ${what} are left out: ${reasonOf(error)}`);
    return [];
  }
}

function backupOf(
  attributes: ReadonlyMap<string, string>,
  qubeClass: string,
  what: string,
  file: string,
): unknown {
  const included = attributes.get('backup_content') === 'True';
  if (!included) return { included, size: 0, wholeFolder: false };
  const path = (attributes.get('backup_path') ?? '').replace(/\/$/, '');
  if (path === '') throw contentError(file, `${what} is in the backup, but it does not say where`);
  const size = parseBytes(attributes.get('backup_size') ?? '0');
  return { included, path, size, wholeFolder: qubeClass === 'TemplateVM' };
}
