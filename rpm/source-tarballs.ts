import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import type { Project } from './project.ts';
import { vendoredFolders } from './vendored.ts';

/** What is made or fetched. */
const NOT_SOURCE = ['.git', 'node_modules', 'dist', 'coverage'];

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
  const top = (await readdir(root)).filter((name) => !NOT_SOURCE.includes(name));
  const beginning = `--transform=flags=r;s,^,qubes-rpc-${project.version}/,`;
  await pack(root, project.epoch, join(folder, names.source), [beginning, ...top]);
  const vendored = await vendoredFolders(root, project.dependencies);
  await pack(root, project.epoch, join(folder, names.vendor), [
    ...NOT_FOR_BUILD.map((pattern) => `--exclude=${pattern}`),
    ...vendored,
  ]);
}

async function pack(
  root: string,
  epoch: number,
  tarball: string,
  what: readonly string[],
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
  await execa('tar', [...args, ...what], { env: { LC_ALL: 'C' } });
}
