import { mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { diskError } from '../../base/disk-error.ts';

/** Beside the services of Qubes OS: those of embedded qubes in place of the ones of Qubes' agent. */
const IN_PLACE_OF_AGENT = 'embedded-rpc';

/**
 * Gives an embedded system the services that were installed together with this program: a link to
 * each in its `qubes-rpc/`. A program that runs from a checkout has none.
 * @throws NeedsError when the disk refuses
 */
export async function installServices(root: string): Promise<void> {
  const services = installedServices();
  const installed = isInstalled() ? [services, join(services, '..', IN_PLACE_OF_AGENT)] : [];
  const folder = join(root, 'qubes-rpc');
  try {
    await mkdir(folder, { recursive: true });
    for (const from of installed) {
      for (const name of await readdir(from)) await symlink(join(from, name), join(folder, name));
    }
  } catch (error) {
    throw diskError(error, 'install the services in', folder);
  }
}

/** Folder of the services that were installed together with this program. */
export function installedServices(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', 'qubes-rpc');
}

function isInstalled(): boolean {
  return import.meta.url.endsWith('.cjs');
}
