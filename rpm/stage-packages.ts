// Run by the spec: `stage-packages.ts BUILDROOT` writes what the packages hold below BUILDROOT, and
// for each package the list of its files into the current folder: `files-NAME`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PACKAGES } from './entry.ts';
import { fileList } from './file-list.ts';
import { filesSection, ghostSection } from './files-section.ts';
import { QUBES_OS } from './place.ts';
import { stage } from './stage.ts';
import { writtenFiles } from './written-files.ts';

const ROOT = join(import.meta.dirname, '..');

const [buildRoot = ''] = process.argv.slice(2);
const entries = await fileList(ROOT, join(ROOT, 'dist'), QUBES_OS);
await stage(entries, buildRoot);
for (const name of PACKAGES) {
  const section = filesSection(entries.filter(({ packages }) => packages.includes(name)));
  const written = writtenFiles.filter(({ packages }) => packages.includes(name));
  await writeFile(`files-${name}`, `${section}${ghostSection(written)}`);
}
