import { join } from 'node:path';

import { execa } from 'execa';

import type { Project } from './project.ts';
import { sourceFiles } from './source-files.ts';
import { vendoredFolders } from './vendored.ts';

/** Of dependencies: declarations, maps, and programs for another runtime. */
const NOT_FOR_BUILD = ['*.d.ts', '*.d.cts', '*.d.mts', '*.map', '*.bare'];

/** The tarballs that packages are built from, and nothing else is. */
export interface Tarballs {
  /** The checkout. */
  readonly source: string;
  /** What a build needs of `node_modules`. */
  readonly vendor: string;
}

/** Names of the tarballs. That of the dependencies holds programs of one architecture. */
export function tarballNames({ version }: Project): Tarballs {
  const name = `qubes-rpc-${version}`;
  return { source: `${name}.tar.gz`, vendor: `${name}-vendor-${process.arch}.tar.gz` };
}

/** Packs a checkout and what builds it: the same bytes for the same content, wherever it lies. */
export async function makeTarballs(root: string, project: Project, folder: string): Promise<void> {
  const names = tarballNames(project);
  const beginning = `--transform=flags=r;s,^,qubes-rpc-${project.version}/,`;
  const source = join(folder, names.source);
  await pack(root, project.epoch, source, [beginning], await sourceFiles(root));
  const vendored = await vendoredFolders(root, project.dependencies);
  const left = NOT_FOR_BUILD.map((pattern) => `--exclude=${pattern}`);
  await pack(root, project.epoch, join(folder, names.vendor), left, vendored);
}

async function pack(
  root: string,
  epoch: number,
  tarball: string,
  options: readonly string[],
  paths: readonly string[],
): Promise<void> {
  const args = [
    '--create',
    `--file=${tarball}`,
    `--directory=${root}`,
    '--format=gnu',
    '--sort=name',
    `--mtime=@${epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u+rw,go+r,go-w,a+X',
    '--exclude=*.log',
    // Not --gzip: it would note the time.
    '--use-compress-program=gzip --no-name',
  ];
  const named = ['--null', '--verbatim-files-from', '--files-from=-'];
  await execa('tar', [...args, ...options, ...named], {
    input: paths.map((path) => `${path}\0`).join(''),
    env: { LC_ALL: 'C' },
  });
}
