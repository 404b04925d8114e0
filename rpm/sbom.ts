import type { BundledLibrary } from './bundled.ts';
import type { Project } from './project.ts';
import type { LockedPackages } from './vendored.ts';

/** A bill of materials in the form of CycloneDX 1.5: what is inside the bundles, and in which. */
export function billOfMaterials(
  project: Project,
  bundled: readonly BundledLibrary[],
  locked: LockedPackages,
): string {
  const own = `pkg:generic/qubes-rpc@${project.version}`;
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(project.epoch * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': own,
        name: 'qubes-rpc',
        version: project.version,
        licenses: [{ expression: project.licence }],
        purl: own,
      },
    },
    components: bundled.map((library) => component(library, locked[library.folder]?.integrity)),
    dependencies: [
      { ref: own, dependsOn: bundled.map(reference) },
      ...bundled.map((library) => ({ ref: reference(library), dependsOn: [] })),
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** The same package may be in the tree twice, each time for another dependent. */
function reference({ folder }: BundledLibrary): string {
  return folder;
}

function component(library: BundledLibrary, integrity: string | undefined): object {
  const { name, version, licence, bundles } = library;
  return {
    type: 'library',
    'bom-ref': reference(library),
    name,
    version,
    ...(integrity === undefined ? {} : { hashes: [hash(integrity)] }),
    licenses: [{ expression: licence }],
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    properties: bundles.map((bundle) => ({ name: 'qubes-rpc:bundle', value: bundle })),
  };
}

/** As the lock file has it: `sha512-` and base64. */
function hash(integrity: string): object {
  const [algorithm = '', digest = ''] = integrity.split('-');
  const content = Buffer.from(digest, 'base64').toString('hex');
  return { alg: algorithm.toUpperCase().replace('SHA', 'SHA-'), content };
}
