// `make deb`: `make-deb.ts FOLDER` leaves the packages for templates of Debian in FOLDER. They hold what
// those for Fedora hold, and what Debian asks for besides.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { DEBIAN_PACKAGES } from './control-files.ts';
import { writeDebianPackage } from './debian-package.ts';
import { fileList } from './file-list.ts';
import { QUBES_OS } from './place.ts';
import { readProject } from './project.ts';

const ROOT = join(import.meta.dirname, '..');

// Folders above ours are packed, too.
process.umask(0o022);

const [folder = ''] = process.argv.slice(2);
const out = resolve(folder);
const source = {
  root: ROOT,
  project: await readProject(ROOT),
  entries: await fileList(ROOT, join(ROOT, 'dist'), QUBES_OS),
};
const top = await mkdtemp(join(tmpdir(), 'qubes-rpc-deb-'));
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
try {
  for (const name of DEBIAN_PACKAGES) {
    const file = await writeDebianPackage(name, source, out, join(top, name));
    console.log(join(folder, basename(file)));
  }
} finally {
  await rm(top, { recursive: true, force: true });
}
