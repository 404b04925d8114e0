import { printable } from '../../base/printable.ts';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import { readCore3Qube } from './core3-qube.ts';
import { gatherMetadata } from './gather-metadata.ts';
import { backupLabel, globalProperties } from './metadata.ts';
import type { BackupLabel, BackupMetadata } from './metadata.ts';
import { namedTexts, nullIfEmpty } from '../../base/xml/named-texts.ts';
import { parseXml, select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/**
 * Reads the `qubes.xml` of Qubes 4 (format 4; the store of qubesd has the same form).
 * @param file how messages call it
 * @throws DamagedError, stage `content`
 */
export function parseCore3(untrusted: Uint8Array, file = 'qubes.xml'): BackupMetadata {
  const root = parseXml(untrusted, file);
  if (root.name !== 'qubes') {
    throw contentError(file, `its root element is <${printable(root.name, 60)}>, not <qubes>`);
  }
  const labels = readLabels(root, file);
  const warnings: string[] = [];
  const qubes = select(root, 'domains', 'domain').map((domain) =>
    readCore3Qube(domain, { file, labels, warn: (warning) => warnings.push(warning) }),
  );
  const globals = nullIfEmpty(namedTexts(select(root, 'properties', 'property'), file, 'globals'));
  return gatherMetadata(file, qubes, {
    globals: accept(globalProperties, globals, file, 'global properties'),
    labels,
    warnings,
  });
}

function readLabels(root: XmlElement, file: string): ReadonlyMap<string, BackupLabel> {
  const labels = new Map<string, BackupLabel>();
  for (const { attributes, text } of select(root, 'labels', 'label')) {
    const id = attributes.get('id') ?? '';
    const what = `label "${printable(id, 60)}"`;
    const label = accept(backupLabel, { name: text, color: attributes.get('color') }, file, what);
    const isTaken = [...labels.values()].some(({ name }) => name === label.name);
    if (id === '' || labels.has(id) || isTaken) {
      throw contentError(file, `${what} stands there twice or has no id`);
    }
    labels.set(id, label);
  }
  return labels;
}
