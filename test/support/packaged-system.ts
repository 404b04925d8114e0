import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { SOCKET_NAMES } from '../../lib/cli/host/activation.ts';
import { untilItAnswers } from './embedded-system.ts';
import type { Installed, Searched } from './real-qrexec.ts';
import { realSystem, type RealSystem } from './real-system.ts';
import { runProgram, type RunResult } from './run-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Where `make rpm` leaves the packages. */
const PACKAGES = join(import.meta.dirname, '..', '..', 'dist', 'rpm');

/** The folder of the system, on the machine that stands for dom0. */
const SYSTEM = '/srv/s';

/** A real system whose services are those of our packages. */
export interface PackagedSystem extends RealSystem {
  /** Switches what is installed: in dom0, or in the qubes. */
  readonly switched: (where: 'dom0' | 'qubes', ...args: readonly string[]) => Promise<RunResult>;
  /** Has the host serve as the unit would. */
  readonly enableHost: () => Promise<void>;
}

/**
 * Puts the packages where qrexec finds them, with nothing taken over.
 * @param policy as for `realSystem`
 */
export async function packagedSystem(t: ExecutionContext, policy: string): Promise<PackagedSystem> {
  const top = await temporaryFolder(t);
  const roots = { dom0: join(top, 'dom0'), qubes: join(top, 'qubes') };
  await unpack(roots.dom0, ['restore', 'dom0']);
  await unpack(roots.qubes, ['restore', 'vm']);
  await mkdir(join(roots.dom0, 'srv'));
  const installed: Installed = {
    programs: join(roots.dom0, 'usr', 'bin'),
    dom0: searched(roots.dom0),
    qubes: searched(roots.qubes),
  };
  const system = await realSystem(t, policy, installed, join(roots.dom0, SYSTEM));
  const switched: PackagedSystem['switched'] = async (where, ...args) => {
    const program = join(roots[where], 'usr', 'bin', 'qubes-rpc');
    const done = await runProgram(program, [...args, '--sysroot', roots[where]]);
    t.is(done.exitCode, 0, done.stderr);
    return done;
  };
  const enableHost = async (): Promise<void> => {
    await system.run('qubes-rpc', { QUBES_RPC_ROOT: system.root }, 'host', 'stop');
    await switched('dom0', 'host', 'enable', '--root', SYSTEM);
    await serve(t, system.root, roots.dom0);
  };
  return { ...system, switched, enableHost };
}

/** What rpm would do without a root's rights. */
async function unpack(root: string, names: readonly string[]): Promise<void> {
  await mkdir(root, { recursive: true });
  const files = await readdir(PACKAGES);
  for (const name of names) {
    const file = files.find((one) => one.startsWith(`qubes-rpc-${name}-`)) ?? name;
    const { stdout: input } = await execa('rpm2cpio', [join(PACKAGES, file)], {
      encoding: 'buffer',
    });
    const options = ['--extract', '--make-directories', '--quiet', '--unconditional'];
    await execa('cpio', options, { cwd: root, input });
  }
}

function searched(root: string): Searched {
  const folders = ['run', 'usr/local/etc', 'etc'].map((folder) => join(root, folder));
  return {
    services: folders.map((folder) => join(folder, 'qubes-rpc')),
    configs: folders.map((folder) => join(folder, 'qubes', 'rpc-config')),
  };
}

/** As systemd does: opens the sockets, with links to them in the folder of the system. */
async function serve(t: ExecutionContext, system: string, root: string): Promise<void> {
  const sockets = join(root, 'run', 'qubes-rpcd');
  const program = join(root, 'usr', 'bin', 'qubes-rpcd');
  const host = execa(program, ['--root', system, '--listen', sockets], {
    stdio: ['ignore', 'ignore', 'inherit'],
    reject: false,
  });
  t.teardown(async () => {
    host.kill();
    await host;
  });
  await untilItAnswers(join(sockets, 'qubesd.sock'));
  for (const name of SOCKET_NAMES) {
    await symlink(join(sockets, `${name}.sock`), join(system, 'run', `${name}.sock`));
  }
}
