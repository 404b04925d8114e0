import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { bundledProgram } from './bundled-program.ts';
import { builtFolder } from './service-process.ts';

/**
 * The folder with the programs of Qubes' qrexec, built for the socket transport of vchan: in `bin/`
 * `qrexec-daemon`, `qrexec-client`, `qrexec-agent`, `qrexec-client-vm`, and if policy is to be judged by
 * the reference `qrexec-policy-exec`, which is told the system by QUBES_RPC_ROOT.
 */
export const QREXEC_FOLDER = process.env['QREXEC_FOLDER'] ?? '';

/** Time for a daemon and an agent to find each other. */
const START_MS = 20_000;

/** What is installed on the machine that stands for dom0, and in all qubes. */
export interface Installed {
  /** Folder of the programs. */
  readonly programs: string;
  readonly dom0: Searched;
  readonly qubes: Searched;
}

/** Folders that qrexec searches, the first one first. */
export interface Searched {
  readonly services: readonly string[];
  readonly configs: readonly string[];
}

/** Our services as they are built: in dom0 all of them, in qubes what the tests put there. */
export async function installedAsBuilt(): Promise<Installed> {
  const built = await builtFolder();
  const nothing = { services: [], configs: [] };
  return {
    programs: join(built, 'bin'),
    dom0: { ...nothing, services: [join(built, 'services')] },
    qubes: nothing,
  };
}

/** Qubes of an embedded system, connected by the real qrexec. */
export interface RealQrexec {
  /** Services of a qube, of this run. */
  readonly services: (qube: string) => string;
  readonly configs: (qube: string) => string;
  /** What has to be in the environment so that Qubes' programs are found: of a qube, or of dom0. */
  readonly env: (caller: string) => Readonly<Record<string, string>>;
}

/**
 * Starts an agent and a daemon for each of the qubes.
 * @param root of the system whose policy and Admin API there are
 * @param uuids of the qubes, by name
 * @param installed in dom0, and in the qubes after what is of this run
 */
export async function startRealQrexec(
  t: ExecutionContext,
  root: string,
  uuids: ReadonlyMap<string, string>,
  installed: Installed,
): Promise<RealQrexec> {
  const folder = join(root, 'real');
  await mkdir(folder);
  const policy = await policyProgram(folder);
  const transport = {
    LD_LIBRARY_PATH: join(QREXEC_FOLDER, 'usr', 'lib'),
    VCHAN_SOCKET_DIR: folder,
    PATH: process.env['PATH'] ?? '',
    HOME: userInfo().homedir,
  };
  const own = (qube: string) => ({
    services: join(folder, `${qube}.rpc`),
    configs: join(folder, `${qube}.config`),
    // A session would make it.
    XDG_RUNTIME_DIR: join(folder, `${qube}.run`),
  });
  const start = (name: string, args: readonly string[], env: Record<string, string>): void => {
    const child = execa(join(QREXEC_FOLDER, 'bin', name), args, {
      env: { ...transport, ...env },
      extendEnv: false,
      stdio: ['ignore', 'ignore', 'inherit'],
      reject: false,
    });
    t.teardown(async () => {
      child.kill();
      await child;
    });
  };
  let id = 0;
  for (const [qube, uuid] of uuids) {
    id++;
    const { services, configs, XDG_RUNTIME_DIR } = own(qube);
    await mkdir(services);
    await mkdir(configs);
    await mkdir(XDG_RUNTIME_DIR, { mode: 0o700 });
    const searched = searching({
      services: [services, ...installed.qubes.services],
      configs: [configs, ...installed.qubes.configs],
    });
    const agentSocket = join(folder, `${qube}.agent`);
    start('qrexec-agent', ['--no-fork-server', `--agent-socket=${agentSocket}`], {
      ...searched,
      XDG_RUNTIME_DIR,
      VCHAN_DOMAIN: String(id),
    });
    start(
      'qrexec-daemon',
      [
        `--uuid=${uuid}`,
        `--socket-dir=${folder}`,
        `--policy-program=${policy}`,
        ...['--direct', '--', String(id), qube, userInfo().username],
      ],
      {
        VCHAN_DOMAIN: '0',
        QUBES_RPC_ROOT: root,
        ...searching(installed.dom0),
      },
    );
    await programsOf(folder, qube, [
      [
        'qrexec-client-vm',
        `--agent-socket=${agentSocket}`,
        { ...transport, VCHAN_DOMAIN: String(id) },
      ],
    ]);
  }
  await programsOf(folder, 'dom0', [
    ['qrexec-client', `--socket-dir=${folder}`, { ...transport, VCHAN_DOMAIN: '0' }],
  ]);
  await Promise.all([...uuids.keys()].map((qube) => fileThere(join(folder, `qrexec.${qube}`))));
  return {
    services: (qube) => own(qube).services,
    configs: (qube) => own(qube).configs,
    env: (caller) => ({
      PATH: `${join(folder, `${caller}.bin`)}${delimiter}${transport.PATH}`,
    }),
  };
}

/** How qrexec is told. Without a folder it would search those of this machine. */
function searching({ services, configs }: Searched): Record<string, string> {
  return {
    QREXEC_SERVICE_PATH: services.join(':'),
    QUBES_RPC_CONFIG_PATH: ['/nonexistent', ...configs].join(':'),
  };
}

/** Programs that know which qube they are in, and where its agent or daemon listens. */
async function programsOf(
  folder: string,
  qube: string,
  programs: readonly (readonly [name: string, option: string, env: Record<string, string>])[],
): Promise<void> {
  const bin = join(folder, `${qube}.bin`);
  await mkdir(bin);
  for (const [name, option, { LD_LIBRARY_PATH, VCHAN_SOCKET_DIR, VCHAN_DOMAIN }] of programs) {
    const set = Object.entries({ LD_LIBRARY_PATH, VCHAN_SOCKET_DIR, VCHAN_DOMAIN });
    const words = set.map(([key, value]) => `export ${key}='${value}'`).join('\n');
    const program = join(QREXEC_FOLDER, 'bin', name);
    const script = `#!/bin/sh\n${words}\nexec '${program}' '${option}' "$@"\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
}

async function policyProgram(folder: string): Promise<string> {
  const reference = join(QREXEC_FOLDER, 'bin', 'qrexec-policy-exec');
  if (existsSync(reference)) return reference;
  const ours = join(folder, 'policy-program');
  const bundle = await bundledProgram('test/support/policy-program.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`;
  await writeFile(ours, script, { mode: 0o755 });
  return ours;
}

async function fileThere(path: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (!existsSync(path)) {
    if (Date.now() > end) throw new Error(`qrexec did not make ${path}`);
    await delay(20);
  }
}
