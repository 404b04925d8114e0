import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import { filesBelow } from './files-below.ts';

/** Folders of what is made or fetched. */
const NOT_SOURCE = ['node_modules/', 'dist/', 'coverage/'];

/**
 * The files that packages are built from. Of a checkout, what git tracks: what else lies in it, such
 * as a passphrase or a recovered backup, is nobody's business. Of an unpacked tarball, all of it.
 */
export async function sourceFiles(root: string): Promise<readonly string[]> {
  if (await isCheckout(root)) {
    const { stdout } = await execa('git', ['-C', root, 'ls-files', '-z']);
    return stdout.split('\0').filter((file) => file !== '');
  }
  const files = await filesBelow(root);
  return files.filter((file) => !NOT_SOURCE.some((folder) => file.startsWith(folder)));
}

function isCheckout(root: string): Promise<boolean> {
  return access(join(root, '.git')).then(
    () => true,
    () => false,
  );
}
