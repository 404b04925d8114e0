// `make dist`: `make-dist.ts FOLDER`, with the packages in it already, adds the bill of materials and the
// checksums of all that is there.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bundledLibraries } from './bundled.ts';
import { readProject } from './project.ts';
import { billOfMaterials } from './sbom.ts';
import { lockedPackages } from './vendored.ts';

const ROOT = join(import.meta.dirname, '..');
const CHECKSUMS = 'SHA256SUMS';

const [folder = ''] = process.argv.slice(2);
const project = await readProject(ROOT);
const bundled = await bundledLibraries(join(ROOT, 'dist'));
const bill = billOfMaterials(project, bundled, await lockedPackages(ROOT));
await writeFile(join(folder, `qubes-rpc-${project.version}.cdx.json`), bill);
const names = (await readdir(folder)).filter((name) => name !== CHECKSUMS).sort();
const lines = names.map(async (name) => {
  const digest = createHash('sha256').update(await readFile(join(folder, name)));
  return `${digest.digest('hex')}  ${name}\n`;
});
await writeFile(join(folder, CHECKSUMS), (await Promise.all(lines)).join(''));
console.log((await readFile(join(folder, CHECKSUMS), 'utf8')).trimEnd());
