import type { QubeSpec } from './backup-spec.ts';

const LABELS = ['red', 'orange', 'yellow', 'green', 'gray', 'blue', 'purple', 'black'] as const;
const COLORS = ['cc0000', 'f57900', 'edd400', '73d216', '555555', '3465a4', '75507b', '000000'];

/** Where a qube's files are in the backup, and how many bytes they are said to have. */
export interface BackupPlace {
  readonly path: string;
  readonly size: number;
}

/** A `qubes.xml` as the writer of Qubes 4 puts it into a backup. */
export function renderQubesXml(
  qubes: readonly QubeSpec[],
  placeOf: (name: string) => BackupPlace | undefined,
): string {
  const labels = LABELS.map(
    (name, i) => `<label id="label-${i + 1}" color="0x${COLORS[i] ?? ''}">${name}</label>`,
  );
  const dom0 = domain(0, 'AdminVM', { label: 'black' }, { ...place(placeOf('dom0')) }, []);
  const domains = qubes.map((qube, index) => {
    const { name, label = 'red', template, properties, features, tags = [] } = qube;
    return domain(
      index + 1,
      qube.class ?? 'AppVM',
      { label, name, ...(template === undefined ? {} : { template }), ...properties },
      { ...features, ...place(placeOf(name)) },
      tags,
    );
  });
  return [
    '<qubes>',
    `<labels>${labels.join('')}</labels>`,
    '<pools/>',
    '<properties><property name="default_kernel">6.12.43-1.fc41</property></properties>',
    `<domains>${[dom0, ...domains].join('\n')}</domains>`,
    '</qubes>\n',
  ].join('\n');
}

function place(place: BackupPlace | undefined): Record<string, string> {
  if (place === undefined) return { 'backup-content': '' };
  return { 'backup-content': '1', 'backup-path': place.path, 'backup-size': `${place.size}` };
}

function domain(
  id: number,
  klass: string,
  properties: Readonly<Record<string, string>>,
  features: Readonly<Record<string, string>>,
  tags: readonly string[],
): string {
  const list = (kind: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, v]) => `<${kind} name="${xml(name)}">${xml(v)}</${kind}>`);
  return [
    `<domain id="domain-${id}" class="${klass}">`,
    `<properties>${list('property', properties).join('')}</properties>`,
    `<features>${list('feature', features).join('')}</features>`,
    `<devices class="pci"/>`,
    `<tags>${tags.map((tag) => `<tag name="${xml(tag)}"/>`).join('')}</tags>`,
    `</domain>`,
  ].join('\n');
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
