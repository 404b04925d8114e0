import { printable } from '../../base/printable.ts';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import { readCore3Devices } from './core3-devices.ts';
import { readCore3Volumes } from './core3-volumes.ts';
import { backupQube } from './metadata.ts';
import type { BackupLabel, BackupQube } from './metadata.ts';
import { namedTexts, nullIfEmpty } from '../../base/xml/named-texts.ts';
import { parseBytes } from './scalar.ts';
import { select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

interface Context {
  readonly file: string;
  readonly labels: ReadonlyMap<string, BackupLabel>;
  readonly warn: (warning: string) => void;
}

/** Properties that are fields of {@link BackupQube}, or get new values on a restore. */
const IDENTITY = ['name', 'label', 'template', 'qid', 'uuid'];
/** Features that the backup tool writes for itself. */
const BACKUP = ['backup-content', 'backup-path', 'backup-size'];

/**
 * Reads a `<domain>` of Qubes 4.
 * @throws DamagedError, stage `content`
 */
export function readCore3Qube(domain: XmlElement, { file, labels, warn }: Context): BackupQube {
  const qubeClass = domain.attributes.get('class');
  const properties = namedTexts(select(domain, 'properties', 'property'), file, 'a qube');
  const name = qubeClass === 'AdminVM' ? 'dom0' : properties.get('name');
  const what = `qube "${printable(name ?? '', 60)}"`;
  const features = namedTexts(select(domain, 'features', 'feature'), file, what);
  // Qubes 4.0 wrote the label's id, later ones its name.
  const label = properties.get('label') ?? '';

  const candidate = {
    name,
    class: qubeClass,
    label: labels.get(label)?.name ?? label,
    template: properties.get('template') ?? null,
    properties: nullIfEmpty(without(properties, IDENTITY)),
    features: without(features, BACKUP),
    tags: new Set(select(domain, 'tags', 'tag').map(({ attributes }) => attributes.get('name'))),
    devices: readCore3Devices(domain, file, what, warn),
    volumes: readCore3Volumes(domain, file, what),
    backup: backupOf(features, file, what),
  };
  return accept(backupQube, candidate, file, what);
}

function backupOf(features: ReadonlyMap<string, string>, file: string, what: string): unknown {
  // Any text means yes, as for every feature; the writer says "1", older ones "True".
  const included = (features.get('backup-content') ?? '') !== '';
  if (!included) return { included, size: 0, wholeFolder: false };
  const path = (features.get('backup-path') ?? '').replace(/\/$/, '');
  if (path === '') throw contentError(file, `${what} is in the backup, but it does not say where`);
  return {
    included,
    path,
    size: parseBytes(features.get('backup-size') ?? '0'),
    wholeFolder: false,
  };
}

function without<T>(map: ReadonlyMap<string, T>, names: readonly string[]): Map<string, T> {
  return new Map([...map].filter(([name]) => !names.includes(name)));
}
