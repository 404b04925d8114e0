import { DamagedError } from '../../base/errors.ts';
import { isFileName } from '../../base/file-name.ts';
import { printable } from '../../base/printable.ts';

/** Folders inside folders: each is an open descriptor while it is filled, of usually 1024. */
const MAX_DEPTH = 200;

/** What is wrong with an entry of dom0's home, and which entry. */
export function homeDamage(untrustedPath: string, reason: string): DamagedError {
  return new DamagedError(`Cannot extract "${printable(untrustedPath)}": ${reason}`, {
    stage: 'tar',
  });
}

/**
 * The components of an entry's path below the home folder; none for that folder itself.
 * @param home path of the home folder inside the archive: `dom0-home/USER`
 * @throws DamagedError for a path that is not below `home` or has a component that is no file name
 */
export function parseHomePath(untrustedPath: string, home: string): readonly string[] {
  const path = untrustedPath.endsWith('/') ? untrustedPath.slice(0, -1) : untrustedPath;
  if (path === home) return [];
  if (!path.startsWith(`${home}/`)) {
    throw homeDamage(untrustedPath, `it is not in ${printable(home)}`);
  }
  const names = path.slice(home.length + 1).split('/');
  if (!names.every(isFileName)) throw homeDamage(untrustedPath, 'it has an impossible name');
  if (names.length > MAX_DEPTH) throw homeDamage(untrustedPath, 'it lies too deep');
  return names;
}
