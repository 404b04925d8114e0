import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { execa } from 'execa';

/** A package that stands in for one of Fedora or Qubes OS. */
export interface Stub {
  readonly name: string;
  readonly version: string;
  /** Content by path; what begins with `->` is a link. */
  readonly files?: ReadonlyMap<string, string>;
  readonly provides?: string;
}

/**
 * Builds a package that has just these files.
 * @param folder an empty one
 * @returns its path
 */
export async function buildStub(folder: string, stub: Stub): Promise<string> {
  const { name, version, files = new Map<string, string>(), provides } = stub;
  const tree = join(folder, 'tree');
  await mkdir(tree, { recursive: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content, { mode: 0o755 });
  }
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
