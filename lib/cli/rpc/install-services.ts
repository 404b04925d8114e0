import { mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { socketOf, socketPath } from '../../admin/start-host.ts';
import { diskError } from '../../base/disk-error.ts';

/** Beside the services of Qubes OS: those of embedded qubes in place of the ones of Qubes' agent. */
const IN_PLACE_OF_AGENT = 'embedded-rpc';

/** The program that only passes a call on to the host. */
const PASS_ON = 'admin-call.cjs';

/**
 * Gives an embedded system the services that were installed together with this program: a link to
 * each in its `qubes-rpc/`, or to the socket of the host where that serves the call. A program that
 * runs from a checkout has none.
 * @throws NeedsError when the disk refuses
 */
export async function installServices(root: string): Promise<void> {
  const services = installedServices();
  const installed = isInstalled() ? [services, join(services, '..', IN_PLACE_OF_AGENT)] : [];
  const folder = join(root, 'qubes-rpc');
  try {
    await mkdir(folder, { recursive: true });
    for (const from of installed) {
      for (const name of await readdir(from)) {
        const isPassedOn = basename(await readlink(join(from, name))) === PASS_ON;
        const socket = relative(folder, socketPath(root, socketOf(name)));
        await symlink(isPassedOn ? socket : join(from, name), join(folder, name));
      }
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
