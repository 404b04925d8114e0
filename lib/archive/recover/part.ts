/** One thing a qube's backup holds: a volume, a document, or dom0's home. */
export interface Part {
  readonly qube: string;
  /** What people call it: `root`, `private`, `firewall.xml`, `home`… */
  readonly part: string;
  /** File inside the backup, such as `vm2/root.img`. */
  readonly file: string;
}

/** A named disposable has nothing to back up; its folder holds this instead. */
export const EMPTY_PART = 'empty';
export const HOME_PART = 'home';

/** What people call a file of the backup: images by their volume, dom0's home as `home`. */
export function partName(file: string): string {
  if (file.startsWith('dom0-home/')) return HOME_PART;
  const name = file.slice(file.lastIndexOf('/') + 1);
  return name.endsWith('.img') ? name.slice(0, -'.img'.length) : name;
}

/** The name an extracted part gets in its qube's folder. */
export function partFileName({ part, file }: Part): string {
  return part === HOME_PART ? HOME_PART : file.slice(file.lastIndexOf('/') + 1);
}
