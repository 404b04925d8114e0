import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

const Names = z.record(z.string(), z.string()).default({});

const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: Names,
      optionalDependencies: Names,
      integrity: z.string().optional(),
    }),
  ),
});

export type LockedPackages = z.output<typeof LockFile>['packages'];

/** What builds, besides what is built in. */
const BUILDERS = ['esbuild', 'ts-node', 'typescript'];

/** What the lock file says, by folders: `node_modules/execa`. */
export async function lockedPackages(root: string): Promise<LockedPackages> {
  const text = await readFile(join(root, 'package-lock.json'), 'utf8');
  return LockFile.parse(JSON.parse(text)).packages;
}

/**
 * The folders in `node_modules` that a build needs, those of this machine's architecture included.
 * @param dependencies names of those that are built in
 */
export async function vendoredFolders(
  root: string,
  dependencies: readonly string[],
): Promise<readonly string[]> {
  const locked = await lockedPackages(root);
  const needed = new Set<string>();
  const add = (name: string, from: string): void => {
    const folder = resolveFrom(locked, name, from);
    if (folder === undefined || needed.has(folder)) return;
    needed.add(folder);
    const { dependencies: names, optionalDependencies: optional } = locked[folder] ?? NOTHING;
    for (const one of [...Object.keys(names), ...Object.keys(optional)]) add(one, folder);
  };
  for (const name of [...dependencies, ...BUILDERS]) add(name, '');
  const folders = [...needed].filter((one) => ![...needed].some((other) => isInside(one, other)));
  const present = await Promise.all(folders.map((folder) => isThere(join(root, folder))));
  // What is for other machines was not installed.
  return folders.filter((_, index) => present[index]).sort();
}

const NOTHING = { dependencies: {}, optionalDependencies: {} };

/** As Node looks: in the package itself, then in each folder above. */
function resolveFrom(locked: LockedPackages, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, cut(folder)))) {
    const candidate = join(folder, 'node_modules', name);
    if (candidate in locked) return candidate;
    if (folder === '') return undefined;
  }
}

/** Where the name of the package that a package lies in ends. */
function cut(folder: string): number {
  return folder.lastIndexOf('/node_modules/');
}

function isInside(folder: string, other: string): boolean {
  return folder.startsWith(`${other}/`);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
