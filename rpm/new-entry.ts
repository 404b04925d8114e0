import { posix } from 'node:path';

import type { Entry, PackageName } from './entry.ts';

/** A file that is no program. */
export function fileEntry(
  path: string,
  bytes: Uint8Array,
  packages: readonly PackageName[],
): Entry {
  return { path, content: { kind: 'file', bytes, executable: false }, packages };
}

/** A file that is run. */
export function programEntry(
  path: string,
  bytes: Uint8Array,
  packages: readonly PackageName[],
): Entry {
  return { path, content: { kind: 'file', bytes, executable: true }, packages };
}

/** A link to an absolute path, which is written as seen from the link. */
export function linkEntry(path: string, to: string, packages: readonly PackageName[]): Entry {
  return { path, content: { kind: 'link', to: posix.relative(posix.dirname(path), to) }, packages };
}

/** A folder that goes when the last package that has it goes. */
export function folderEntry(path: string, packages: readonly PackageName[]): Entry {
  return { path, content: { kind: 'folder' }, packages };
}
