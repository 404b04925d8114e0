// `make deb`: `make-deb.ts FOLDER` leaves the packages for templates of Debian in FOLDER. They hold what
// those for Fedora hold; there is none for dom0, which is no Debian.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { execa } from 'execa';

import { controlFiles } from './control-files.ts';
import { fileList } from './file-list.ts';
import { QUBES_OS } from './place.ts';
import { readProject } from './project.ts';
import { stage } from './stage.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['restore', 'vm', 'doc'] as const;

// Folders above ours are packed, too.
process.umask(0o022);

const [folder = ''] = process.argv.slice(2);
const out = resolve(folder);
const project = await readProject(ROOT);
const entries = await fileList(ROOT, join(ROOT, 'dist'), QUBES_OS);
const top = await mkdtemp(join(tmpdir(), 'qubes-rpc-deb-'));
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
try {
  for (const name of PACKAGES) {
    const tree = join(top, name);
    const content = entries.filter(({ packages }) => packages.includes(name));
    await stage([...content, ...controlFiles(name, project, content)], tree, project.epoch);
    const file = `qubes-rpc-${name}_${project.version}_all.deb`;
    // What xz makes differs with the number of processors.
    const args = ['-Zgzip', '-z9', '--root-owner-group', '--build', tree, join(out, file)];
    await execa('dpkg-deb', args, { env: { SOURCE_DATE_EPOCH: String(project.epoch) } });
    console.log(join(folder, file));
  }
} finally {
  await rm(top, { recursive: true, force: true });
}
