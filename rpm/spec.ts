import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { BundledLibrary } from './bundled.ts';
import { packagedServices } from './declared.ts';
import type { PackageName } from './entry.ts';
import type { Project } from './project.ts';
import { tarballNames } from './source-tarballs.ts';

/** The spec, filled in. */
export async function specOf(
  root: string,
  project: Project,
  bundled: readonly BundledLibrary[],
): Promise<string> {
  const template = await readFile(join(root, 'rpm', 'qubes-rpc.spec.in'), 'utf8');
  const { source, vendor } = tarballNames(project);
  const values: Readonly<Record<string, string>> = {
    VERSION: project.version,
    HOMEPAGE: project.homepage,
    LICENCE: project.licence,
    LICENCES: licences(project.licence, bundled),
    SOURCE: source,
    VENDOR: vendor,
    NODE: project.node,
    VMONLY: await namesOnlyIn('vm'),
    DOM0ONLY: await namesOnlyIn('dom0'),
    BUNDLED: [...new Set(bundled.map(provides))].sort().join('\n'),
  };
  return template.replaceAll(/@([A-Z0-9]+)@/g, (mark, name: string) => values[name] ?? mark);
}

/** As one SPDX expression. */
function licences(own: string, bundled: readonly BundledLibrary[]): string {
  const others = new Set(bundled.map(({ licence }) => licence));
  return [own, ...[...others].sort().map(bracketed)].join(' AND ');
}

function bracketed(licence: string): string {
  return licence.includes(' OR ') && !licence.startsWith('(') ? `(${licence})` : licence;
}

/** As Fedora asks for it. */
function provides({ name, version }: BundledLibrary): string {
  return `Provides:       bundled(npm(${name})) = ${version}`;
}

/** Services that qrexec calls and no other package has, as Lua writes a list. */
async function namesOnlyIn(name: PackageName): Promise<string> {
  const services = await packagedServices();
  return services
    .filter(({ isCalled, packages }) => isCalled && packages.join() === name)
    .map((service) => `"${service.name}"`)
    .join(', ');
}
