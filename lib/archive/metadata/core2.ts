import { printable } from '../../base/printable.ts';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import { core2Context } from './core2-context.ts';
import type { Core2Context } from './core2-context.ts';
import { addCore2Network } from './core2-network.ts';
import { readCore2Qube } from './core2-qube.ts';
import { gatherMetadata } from './gather-metadata.ts';
import { globalProperties } from './metadata.ts';
import type { BackupLabel, BackupMetadata, BackupQube } from './metadata.ts';
import { parseXml } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/** Disposables of that time are not among them: they lived only while they ran. */
const QUBES = /^Qubes(?:AdminVm|TemplateVm|TemplateHVm|AppVm|HVm|NetVm|ProxyVm)$/;

/** Labels were part of the program then; with the ids they got in Qubes 4. */
const LABELS: ReadonlyMap<string, BackupLabel> = new Map([
  ['label-1', { name: 'red', color: '0xcc0000' }],
  ['label-2', { name: 'orange', color: '0xf57900' }],
  ['label-3', { name: 'yellow', color: '0xedd400' }],
  ['label-4', { name: 'green', color: '0x73d216' }],
  ['label-5', { name: 'gray', color: '0x555753' }],
  ['label-6', { name: 'blue', color: '0x3465a4' }],
  ['label-7', { name: 'purple', color: '0x75507b' }],
  ['label-8', { name: 'black', color: '0x000000' }],
]);

const GLOBAL_QUBES = ['default_netvm', 'updatevm', 'clockvm', 'default_template'];

/**
 * Reads the `qubes.xml` of Qubes 2 and 3 (formats 2 and 3) into the terms of Qubes 4.
 * @param file how messages call it
 * @throws DamagedError, stage `content`
 */
export function parseCore2(untrusted: Uint8Array, file = 'qubes.xml'): BackupMetadata {
  const root = parseXml(untrusted, file);
  if (root.name !== 'QubesVmCollection') {
    const name = printable(root.name, 60);
    throw contentError(file, `its root element is <${name}>, not <QubesVmCollection>`);
  }
  const elements = root.children.filter(({ name }) => QUBES.test(name));
  const warnings: string[] = [];
  const context = core2Context(elements, file, (warning) => warnings.push(warning));
  const globals = readGlobals(root, context);

  const qubes: BackupQube[] = [];
  const disposableTemplates = new Map<string, BackupQube>();
  for (const element of elements) {
    const networked = addCore2Network(
      readCore2Qube(element, context),
      element,
      globals.get('default_netvm'),
      context,
    );
    qubes.push(networked.qube);
    const { disposableTemplate } = networked;
    if (disposableTemplate !== undefined) {
      disposableTemplates.set(disposableTemplate.name, disposableTemplate);
    }
  }
  const names = new Set(qubes.map(({ name }) => name));
  const added = [...disposableTemplates.values()].filter(({ name }) => !names.has(name));
  const all = names.has('dom0') ? qubes : [dom0(), ...qubes];
  return gatherMetadata(file, [...all, ...added], { globals, labels: LABELS, warnings });
}

function readGlobals(
  { attributes }: XmlElement,
  { file, qubeByNumber }: Core2Context,
): ReadonlyMap<string, string | null> {
  const globals = new Map<string, string | null>();
  const kernel = attributes.get('default_kernel');
  if (kernel !== undefined) globals.set('default_kernel', kernel);
  for (const name of GLOBAL_QUBES) {
    const qube = qubeByNumber(attributes.get(name), 'the system', name);
    if (qube !== undefined) globals.set(name, qube);
  }
  return accept(globalProperties, globals, file, 'global properties');
}

/** Qubes 2 did not list it. */
function dom0(): BackupQube {
  return {
    name: 'dom0',
    class: 'AdminVM',
    label: 'black',
    template: null,
    properties: new Map(),
    features: new Map(),
    tags: new Set(),
    devices: [],
    backup: { included: false, size: 0, wholeFolder: false },
  };
}
