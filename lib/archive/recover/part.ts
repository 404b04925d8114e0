/** One thing a qube's backup holds: a volume, a document, or dom0's home. */
export interface Part {
  readonly qube: string;
  /** What people call it: `root`, `private`, `firewall.xml`, `home`… */
  readonly part: string;
  /** File inside the backup, such as `vm2/root.img`. */
  readonly file: string;
  /** Besides a file it may be a folder or a link: what stood beside images before format 4. */
  readonly mayBeFolder?: boolean;
  /** Set if the file holds a qube's whole folder: templates before format 4. */
  readonly whole?: WholeFolder;
}

/** What is known, and wanted, of a qube's folder that is one file of the backup. */
export interface WholeFolder {
  /** Parts that must be in it, of those that are wanted. */
  readonly expected: readonly Part[];
  /** Empty if all of it is wanted, else a text that stands for what is. */
  readonly choice: string;
  /** Whether the part of that name is wanted. */
  readonly wants: (part: string) => boolean;
}

/** A named disposable has nothing to back up; its folder holds this instead. */
export const EMPTY_PART = 'empty';
export const HOME_PART = 'home';

/** The file name that stands for the whole folder of a qube, and what people call it. */
const WHOLE_FOLDER = '.';
const WHOLE_PART = 'folder';

/** What people call a file of the backup: images by their volume, dom0's home as `home`. */
export function partName(file: string): string {
  if (file.startsWith('dom0-home/')) return HOME_PART;
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name === WHOLE_FOLDER) return WHOLE_PART;
  return name.endsWith('.img') ? name.slice(0, -'.img'.length) : name;
}

/** The name an extracted part gets in its qube's folder. */
export function partFileName({ part, file }: Part): string {
  return part === HOME_PART ? HOME_PART : file.slice(file.lastIndexOf('/') + 1);
}
