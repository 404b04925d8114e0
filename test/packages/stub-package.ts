import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { execa } from 'execa';

/** A package that stands in for one of Fedora or Qubes OS. */
export interface Stub {
  readonly name: string;
  readonly version: string;
  /** Content by path. */
  readonly files?: ReadonlyMap<string, string>;
  readonly provides?: string;
}

/**
 * Builds a package that has just these files.
 * @param folder an empty one
 * @returns its path
 */
export async function buildStub(folder: string, stub: Stub): Promise<string> {
  const { name, version, files = NONE, provides } = stub;
  const tree = await stubTree(folder, files);
  const spec = join(folder, `${name}.spec`);
  const lines = [
    `Name: ${name}`,
    `Version: ${version}`,
    'Release: 1',
    'Summary: Stands in for another',
    'License: none',
    'BuildArch: noarch',
    'AutoReqProv: no',
    ...(provides === undefined ? [] : [`Provides: ${provides}`]),
    '%global __os_install_post %{nil}',
    '%description',
    'For tests.',
    '%install',
    `cp -a ${tree}/. %{buildroot}`,
    '%files',
    ...[...files.keys()].map((path) => path),
    '',
  ];
  await writeFile(spec, lines.join('\n'));
  await execa('rpmbuild', ['-bb', '--define', `_topdir ${folder}`, spec]);
  return join(folder, 'RPMS', 'noarch', `${name}-${version}-1.noarch.rpm`);
}

/** The same for Debian. */
export async function buildDebianStub(folder: string, stub: Stub): Promise<string> {
  const { name, version, files = NONE } = stub;
  const tree = await stubTree(folder, files);
  await mkdir(join(tree, 'DEBIAN'));
  const lines = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: nobody',
    'Description: Stands in for another',
    '',
  ];
  await writeFile(join(tree, 'DEBIAN', 'control'), lines.join('\n'));
  const file = join(folder, `${name}.deb`);
  await execa('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
  return file;
}

const NONE: ReadonlyMap<string, string> = new Map();

async function stubTree(folder: string, files: ReadonlyMap<string, string>): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(tree, { recursive: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content, { mode: 0o755 });
  }
  return tree;
}
