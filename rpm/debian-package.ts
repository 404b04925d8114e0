import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { execa } from 'execa';

import { bundledLibraries } from './bundled.ts';
import { controlFiles, type DebianName } from './control-files.ts';
import { copyrightText } from './copyright.ts';
import type { Entry } from './entry.ts';
import { lintianOverrides } from './lintian-overrides.ts';
import { fileEntry } from './new-entry.ts';
import type { Project } from './project.ts';
import { stage } from './stage.ts';

/** Who packs what, out of which checkout. */
export interface DebianSource {
  /** The checkout; what `build.mjs` has made of it is in `dist`. */
  readonly root: string;
  readonly project: Project;
  /** All that is installed, of all packages. */
  readonly entries: readonly Entry[];
}

/**
 * Writes a package.
 * @param folder where to
 * @param tree an empty folder, to put it together in
 * @returns its file
 */
export async function writeDebianPackage(
  name: DebianName,
  { root, project, entries }: DebianSource,
  folder: string,
  tree: string,
): Promise<string> {
  const same = entries.filter(({ packages }) => packages.includes(name));
  const content = [...same, ...(await ofDebianOnly(name, root, project, same))];
  await stage([...content, ...controlFiles(name, project, content)], tree, project.epoch);
  const file = join(folder, `qubes-rpc-${name}_${project.version}_all.deb`);
  // What xz makes differs with the number of processors.
  const args = ['-Zgzip', '-z9', '--root-owner-group', '--build', tree, file];
  await execa('dpkg-deb', args, { env: { SOURCE_DATE_EPOCH: String(project.epoch) } });
  return file;
}

/** What Debian wants of each package: whose rights are whose, and why lintian is not always right. */
async function ofDebianOnly(
  name: DebianName,
  root: string,
  project: Project,
  entries: readonly Entry[],
): Promise<readonly Entry[]> {
  const files = entries.map(({ path }) => basename(path));
  const libraries = (await bundledLibraries(join(root, 'dist'))).filter(({ bundles }) =>
    bundles.some((bundle) => files.includes(bundle)),
  );
  const notice = await readFile(join(root, 'LICENSE'), 'utf8');
  const copyright = copyrightText(project, notice, libraries);
  const overrides = await lintianOverrides(root, `qubes-rpc-${name}`);
  return [
    fileEntry(`/usr/share/doc/qubes-rpc-${name}/copyright`, Buffer.from(copyright), [name]),
    fileEntry(`/usr/share/lintian/overrides/qubes-rpc-${name}`, Buffer.from(overrides), [name]),
  ];
}
