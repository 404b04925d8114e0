import { cp, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

import { socketOf, socketPath } from '../../admin/start-host.ts';
import { diskError } from '../../base/disk-error.ts';

/** Beside the services of Qubes OS: those of embedded qubes in place of the ones of Qubes' agent. */
const IN_PLACE_OF_AGENT = 'embedded-rpc';

/** How qrexec is to call services, in both. */
const CONFIGS = 'rpc-config';

/** The program that only passes a call on to the host. */
const PASS_ON = 'admin-call.cjs';

/**
 * Gives an embedded system the services that were installed together with this program: a link to
 * each in its `qubes-rpc/`, or to the socket of the host where that serves the call, and how they are
 * to be called in its `rpc-config/`. A program that runs from a checkout has none.
 * @throws NeedsError when the disk refuses
 */
export async function installServices(root: string): Promise<void> {
  const folder = join(root, 'qubes-rpc');
  try {
    await mkdir(folder, { recursive: true });
    if (!isInstalled()) return;
    for (const [name, path] of await installed()) {
      const isPassedOn = basename(await readlink(path)) === PASS_ON;
      const socket = relative(folder, socketPath(root, socketOf(name)));
      await symlink(isPassedOn ? socket : path, join(folder, name));
    }
    await cp(join(installedServices(), '..', CONFIGS), join(root, CONFIGS), { recursive: true });
  } catch (error) {
    throw diskError(error, 'install the services in', folder);
  }
}

/** Paths by name; those in place of the agent's come before others of their name. */
async function installed(): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const services = installedServices();
  for (const from of [services, join(services, '..', IN_PLACE_OF_AGENT)]) {
    for (const name of await readdir(from)) paths.set(name, join(from, name));
  }
  return paths;
}

/** Folder of the services that were installed together with this program. */
export function installedServices(): string {
  return join(import.meta.dirname, '..', 'services');
}

function isInstalled(): boolean {
  return import.meta.filename.endsWith('.cjs');
}
