import { HOME_FOLDER, QUBE_FOLDER } from './backup-folder.ts';

/** More than any real name: `vm-templates/`, a qube's name, a file, number and suffix. */
const MAX_LENGTH = 255;

/** A file of a qube; `.` stands for its whole folder (templates in formats 2 and 3). */
const FILE = String.raw`[A-Za-z0-9][A-Za-z0-9._-]{0,127}|\.`;

/** `%03d`: three digits, more without a leading zero. Seven digits of 100 MiB are 1 EB. */
const NUMBER = '[0-9]{3}|[1-9][0-9]{3,6}';

const HEADER = 'backup-header';
const CHUNK = new RegExp(
  `^(?<file>qubes\\.xml|${HOME_FOLDER}|(?:${QUBE_FOLDER})/(?:${FILE}))` +
    String.raw`\.(?<chunk>${NUMBER})(?<suffix>\.enc|\.hmac)?$`,
);

/** A member that belongs to one numbered piece of a file. */
interface Piece {
  /** The qube's folder, as in its `backup-path` without a slash at the end; '' for `qubes.xml`. */
  readonly folder: string;
  /** File inside the backup: `vm2/root.img`, `vm9/.` (a whole folder), `qubes.xml`, `dom0-home/user`. */
  readonly file: string;
  /** Number of the chunk, from 0. */
  readonly chunk: number;
}

/**
 * One member of the outer archive, by its name. `name` is the member without `.enc` and `.hmac`:
 * what passphrases are bound to, and what a MAC file belongs to.
 */
export type MemberName = { readonly name: string } & (
  | { readonly kind: 'header' | 'header-mac' }
  /** `encrypted`: has the suffix `.enc`, as all chunks of format 4 and none of 2 and 3. */
  | (Piece & { readonly kind: 'chunk'; readonly encrypted: boolean })
  | (Piece & { readonly kind: 'chunk-mac' })
);

/**
 * Reads the name of an outer member: the only names that belong in a backup.
 * @returns undefined for every other name; that alone is no reason to stop, but to skip and say so
 */
export function parseMemberName(untrusted: string): MemberName | undefined {
  if (untrusted === HEADER) return { kind: 'header', name: HEADER };
  if (untrusted === `${HEADER}.hmac`) return { kind: 'header-mac', name: HEADER };
  if (untrusted.length > MAX_LENGTH) return undefined;

  const { file, chunk: digits, suffix } = CHUNK.exec(untrusted)?.groups ?? {};
  if (file === undefined || digits === undefined) return undefined;
  const name = `${file}.${digits}`;
  if (name.replace('/..', '/').includes('..')) return undefined;
  const piece = { name, folder: folderOf(file), file, chunk: Number(digits) };
  if (suffix === '.hmac') return { kind: 'chunk-mac', ...piece };
  const encrypted = suffix === '.enc';
  if (encrypted && file.endsWith('/.')) return undefined;
  return { kind: 'chunk', ...piece, encrypted };
}

/** The full name of a member: `parseMemberName` turned round. */
export function memberName(member: MemberName): string {
  switch (member.kind) {
    case 'header':
      return member.name;
    case 'header-mac':
    case 'chunk-mac':
      return `${member.name}.hmac`;
    case 'chunk':
      return member.encrypted ? `${member.name}.enc` : member.name;
  }
}

/** The name of a chunk without suffix: `chunkName('vm2/root.img', 7)` is `vm2/root.img.007`. */
export function chunkName(file: string, chunk: number): string {
  return `${file}.${String(chunk).padStart(3, '0')}`;
}

function folderOf(file: string): string {
  if (file.startsWith('dom0-home/')) return file;
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}
