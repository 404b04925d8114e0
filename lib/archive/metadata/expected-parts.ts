import type { BackupQube } from './metadata.ts';

/** Files by their name in the backup, as `MemberName.file` has it. */
export interface ExpectedParts {
  /** Without them the backup of the qube is not complete. */
  readonly required: readonly string[];
  /** They may be there; others are strange, but no reason to stop. */
  readonly optional: readonly string[];
}

const COMMON = ['firewall.xml', 'notes.txt', 'whitelisted-appmenus.list'];
/** Written when a qube has no other file. */
const PLACEHOLDER = 'empty';
/** What else was in a qube's folder before Qubes 4. */
const OLD = [
  'apps',
  'apps.templates',
  'icon.png',
  'kernels',
  'netvm-whitelisted-appmenus.list',
  'vm-whitelisted-appmenus.list',
];

/** The files that a backup must and may hold for a qube; none if the qube is not in it. */
export function expectedParts(qube: BackupQube): ExpectedParts {
  const { included, path, wholeFolder } = qube.backup;
  if (!included || path === undefined) return { required: [], optional: [] };
  if (qube.class === 'AdminVM') return { required: [path], optional: [] };
  if (wholeFolder) return { required: [`${path}/.`], optional: [] };
  const images = savedVolumes(qube).map((name) => `${name}.img`);
  const others = [...COMMON, PLACEHOLDER, ...(qube.volumes === undefined ? OLD : [])];
  return {
    required: images.map((name) => `${path}/${name}`),
    optional: others.map((name) => `${path}/${name}`),
  };
}

function savedVolumes({ volumes, class: qubeClass }: BackupQube): readonly string[] {
  if (volumes !== undefined) {
    return [...volumes.values()].filter(({ saveOnStop }) => saveOnStop).map(({ name }) => name);
  }
  switch (qubeClass) {
    case 'TemplateVM':
    case 'StandaloneVM':
      return ['root', 'private'];
    case 'AppVM':
      return ['private'];
    default:
      return [];
  }
}
