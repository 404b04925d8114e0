import { readlink, rm, stat, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

import { accept } from '../base/accept.ts';
import { diskError } from '../base/disk-error.ts';
import { makePath } from '../base/make-path.ts';
import { CallError, REFUSED } from './call-error.ts';
import { QubeName } from './names.ts';
import type { ServicePlace } from './start-service.ts';

const OWNER_ONLY = 0o700;
const DOM0_UMASK = 0o077;
const QUBE_UMASK = 0o022;

/** The name that services of a qube call others by. */
const CLIENT = 'qrexec-client-vm';

/**
 * Where services of dom0 run. They are the person's own: they know the system, as those of a qube
 * do not.
 * @param root folder of the system
 * @param log descriptor for what they say
 * @throws NeedsError when the disk refuses
 */
export async function placeInDom0(root: string, log: number): Promise<ServicePlace> {
  const run = join(root, 'run');
  await makeFolder(run);
  return {
    services: [join(run, 'dom0', 'qubes-rpc'), join(root, 'qubes-rpc')],
    configs: [join(run, 'dom0', 'rpc-config'), join(root, 'rpc-config')],
    cwd: run,
    umask: DOM0_UMASK,
    env: { PATH: searchPath(root), HOME: userInfo().homedir, QUBES_RPC_ROOT: root },
    log,
  };
}

/** Which qube, and how much of it there has to be. */
export interface QubeFacts {
  readonly name: string;
  /** Whether its home must be there already, because nothing else says that there is such a qube. */
  readonly needsHome: boolean;
  /** The program its services call others by; undefined where there is none. */
  readonly client: string | undefined;
}

/**
 * Where services of a qube run; what is missing of it is made.
 * @param root folder of the system
 * @throws CallError when there is no such qube, NeedsError when the disk refuses
 */
export async function placeInQube(
  root: string,
  { name: untrustedName, needsHome, client }: QubeFacts,
): Promise<ServicePlace> {
  const name = accept(QubeName, untrustedName);
  const home = join(root, 'home', name);
  const run = join(root, 'run', name);
  const bin = join(run, 'bin');
  if (needsHome) await requireHome(name, home);
  await makeFolder(home);
  await makeFolder(run);
  if (client !== undefined) await linkClient(bin, client);
  return {
    services: [join(run, 'qubes-rpc'), join(home, '.qubes-rpc'), join(root, 'qubes-rpc')],
    configs: [join(run, 'rpc-config'), join(home, '.rpc-config'), join(root, 'rpc-config')],
    cwd: home,
    umask: QUBE_UMASK,
    env: {
      PATH: client === undefined ? searchPath(root) : `${bin}:${searchPath(root)}`,
      HOME: home,
      XDG_RUNTIME_DIR: run,
    },
    log: undefined,
  };
}

async function requireHome(name: string, home: string): Promise<void> {
  const found = await stat(home).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new CallError(
    REFUSED,
    `There is no qube ${name} in the embedded system (no folder ${home})`,
    { qube: name },
  );
}

/** Ours, without what was put there for the services of a qube: we may be one. */
function searchPath(root: string): string {
  const ours = (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter);
  const ofQubes = join(root, 'run', '/');
  return ours.filter((folder) => !folder.startsWith(ofQubes)).join(delimiter);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makePath(path, OWNER_ONLY);
  } catch (error) {
    throw diskError(error, 'create the folder', path);
  }
}

/** That program knows by the place of this link who calls, and in which system. */
async function linkClient(bin: string, client: string): Promise<void> {
  const link = join(bin, CLIENT);
  const leads = async (): Promise<boolean> =>
    (await readlink(link).catch(() => undefined)) === client;
  if (await leads()) return;
  await makeFolder(bin);
  try {
    await rm(link, { force: true });
    await symlink(client, link);
  } catch (error) {
    // Two calls at once do the same.
    if (!(await leads())) throw diskError(error, 'link', link);
  }
}
