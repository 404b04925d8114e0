// `make rpm`: `make-rpm.ts FOLDER` leaves packages, source package and tarballs in FOLDER.
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { execa } from 'execa';

import { bundledLibraries } from './bundled.ts';
import { readProject } from './project.ts';
import { makeTarballs, tarballNames } from './source-tarballs.ts';
import { specOf } from './spec.ts';

const ROOT = join(import.meta.dirname, '..');

// What is packed has the modes that it was written with.
process.umask(0o022);

const [folder = ''] = process.argv.slice(2);
const out = resolve(folder);
const top = await mkdtemp(join(tmpdir(), 'qubes-rpc-rpm-'));
try {
  const project = await readProject(ROOT);
  const sources = join(top, 'SOURCES');
  await mkdir(sources);
  await makeTarballs(ROOT, project, sources);
  const spec = join(top, 'qubes-rpc.spec');
  await writeFile(spec, await specOf(ROOT, project, await bundledLibraries(join(ROOT, 'dist'))));
  // Not asked for what it builds with: the Node that runs this builds, wherever it comes from.
  await execa('rpmbuild', ['-ba', '--nodeps', '--define', `_topdir ${top}`, spec], {
    env: { SOURCE_DATE_EPOCH: String(project.epoch), NODE_OPTIONS: '' },
    stdin: 'ignore',
    all: true,
  });
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const made = [join(top, 'SRPMS'), join(top, 'RPMS', 'noarch')];
  for (const from of made) await cp(from, out, { recursive: true });
  const { source, vendor } = tarballNames(project);
  for (const name of [source, vendor]) {
    await cp(join(sources, name), join(out, name));
  }
  for (const name of (await readdir(out)).sort()) console.log(join(folder, name));
} finally {
  await rm(top, { recursive: true, force: true });
}
