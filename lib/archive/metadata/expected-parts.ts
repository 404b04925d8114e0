import type { BackupQube } from './metadata.ts';

/** Files by their name in the backup, as `MemberName.file` has it. */
export interface ExpectedParts {
  /** Without them the backup of the qube is not complete. */
  readonly required: readonly string[];
  /** They may be there; others are strange, but no reason to stop. */
  readonly optional: readonly string[];
  /** Of the optional ones, those that may be folders or symlinks. */
  readonly foldersOrLinks: readonly string[];
  /** If the one file is the qube's whole folder: what must and may be in it, as `vm9/./root.img`. */
  readonly inside?: Pick<ExpectedParts, 'required' | 'optional'>;
}

const COMMON = ['firewall.xml', 'notes.txt', 'whitelisted-appmenus.list'];
/** Written when a qube has no other file. */
const PLACEHOLDER = 'empty';
/** What else was in a qube's folder before Qubes 4. */
const OLD_FOLDERS_OR_LINKS = ['apps', 'apps.templates', 'icon.png', 'kernels'];
const OLD_FILES = ['netvm-whitelisted-appmenus.list', 'vm-whitelisted-appmenus.list'];
/** What else is in the folder of a template, which was saved as it was. */
const OLD_TEMPLATE_FILES = ['volatile.img', 'root-cow.img', 'clean-volatile.img.tar'];

/** The files that a backup must and may hold for a qube; none if the qube is not in it. */
export function expectedParts(qube: BackupQube): ExpectedParts {
  const { included, path, wholeFolder } = qube.backup;
  if (!included || path === undefined) return { required: [], optional: [], foldersOrLinks: [] };
  if (qube.class === 'AdminVM') return { required: [path], optional: [], foldersOrLinks: [] };
  const isOld = qube.volumes === undefined;
  const foldersOrLinks = isOld ? OLD_FOLDERS_OR_LINKS : [];
  const oldFiles = isOld ? OLD_FILES : [];
  const others = [...COMMON, PLACEHOLDER, ...foldersOrLinks, ...oldFiles];
  const images = savedVolumes(qube).map((name) => `${name}.img`);
  const within = (folder: string, names: readonly string[]): readonly string[] =>
    names.map((name) => `${folder}/${name}`);
  if (wholeFolder) {
    const folder = `${path}/.`;
    const inside = {
      required: within(folder, images),
      optional: within(folder, [...others, ...OLD_TEMPLATE_FILES]),
    };
    return { required: [folder], optional: [], foldersOrLinks: [], inside };
  }
  return {
    required: within(path, images),
    optional: within(path, others),
    foldersOrLinks: within(path, foldersOrLinks),
  };
}

/** Names of the volumes whose content is in the backup of a qube. */
export function savedVolumes({ volumes, class: qubeClass }: BackupQube): readonly string[] {
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
