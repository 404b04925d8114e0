import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import type { BackupSpec } from './backup-spec.ts';
import { textBytes } from './content.ts';
import { makeSystem, startHost } from './embedded-system.ts';
import { makeBackup } from './make-backup.ts';
import { sessionStore } from './recorded-session.ts';
import { transportTo } from './restore-system.ts';
import { type RunResult, runProgram } from './run-program.ts';
import { builtFolder } from './service-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const POLICY = join(import.meta.dirname, '..', '..', 'policy', '85-admin-backup-restore.policy');

/** One of each class, with what can be restored of a qube; no more than that, for calls take time. */
const BACKUP: BackupSpec = {
  qubes: [
    {
      name: 'base',
      class: 'TemplateVM',
      label: 'black',
      volumes: { root: image('base root'), private: image('base') },
    },
    {
      name: 'office',
      template: 'base',
      label: 'blue',
      // Of an earlier restore: it does not say that this one is complete.
      tags: ['team-blue', 'restored-from-backup-at-2020-02-20'],
      features: { 'service.cups': '1' },
      properties: { template_for_dispvms: 'True', netvm: 'sys-firewall' },
      volumes: { private: image('office') },
      firewall:
        '<firewall version="2"><rules><rule><properties><property name="action">drop</property>' +
        '</properties></rule></rules></firewall>\n',
      notes: 'some notes',
    },
    {
      name: 'alone',
      class: 'StandaloneVM',
      label: 'red',
      volumes: { root: image('alone root'), private: image('alone') },
    },
    { name: 'disp-office', class: 'DispVM', template: 'office', label: 'red' },
  ],
};

function image(name: string) {
  return { size: 1024 * 1024, extents: [{ offset: 0, bytes: textBytes(name, 9000) }] };
}

/** An embedded system, its host and its programs, in which to restore in a disposable. */
export interface SandboxHost {
  readonly root: string;
  readonly client: AdminClient;
  /** Digests of the volumes in the backup: `office private`. */
  readonly digests: ReadonlyMap<string, string | undefined>;
  /** Arguments of `run` that name the backup, and its passphrase. */
  readonly args: readonly string[];
  /** Runs qubes-restore with these besides. */
  readonly restore: (args: readonly string[]) => Promise<RunResult>;
  /** Starts it so; what comes back sends it a signal, and tells how it ended. */
  readonly start: (
    args: readonly string[],
  ) => (signal: NodeJS.Signals) => Promise<number | string | undefined>;
  /** Policy is ours without the rules that begin so. */
  readonly setPolicy: (without?: string) => Promise<void>;
  /** Gives all qubes a service (`qubes.…`) or a program, as a shell script. */
  readonly program: (name: string, script: string) => Promise<void>;
}

/** The backup lies in the qube `work`, and the policy of the disposable is the only one. */
export async function sandboxHost(t: ExecutionContext): Promise<SandboxHost> {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'system');
  const built = await builtFolder();
  await mkdir(root);
  await makeSystem(root, sessionStore('start'));
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGTERM');
    await host.finished;
  });
  const client = new AdminClient(new AdminCalls(await transportTo(root)));
  await client.system.set('management_dispvm', 'default-dvm');
  await client.qube('work').properties.set('netvm', '');

  const { path, manifest } = await makeBackup(folder, BACKUP);
  await mkdir(join(root, 'home', 'work'), { recursive: true });
  await copyFile(path, join(root, 'home', 'work', 'archive'));
  await writeFile(join(folder, 'passphrase'), `${manifest.passphrase}\n`);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await mkdir(join(root, 'qubes-rpc'));
  // The second have names of the first, and count here.
  for (const from of ['services', 'embedded-rpc']) {
    for (const name of await readdir(join(built, from))) {
      const place = join(root, 'qubes-rpc', name);
      await rm(place, { force: true });
      await symlink(join(built, from, name), place);
    }
  }
  const setPolicy = async (without?: string): Promise<void> => {
    const lines = (await readFile(POLICY, 'utf8')).split('\n');
    const kept = lines.filter((line) => without === undefined || !line.startsWith(`${without} `));
    const place = join(root, 'policy.d');
    await rm(place, { recursive: true, force: true });
    await mkdir(place);
    await writeFile(join(place, '85-admin-backup-restore.policy'), kept.join('\n'));
  };
  await setPolicy();
  const program = join(built, 'bin', 'qubes-restore');
  const line = (args: readonly string[]): string[] => {
    const where = ['--root', root, '--from', 'work', '--paranoid-mode'];
    return ['run', ...where, ...args, 'archive'];
  };
  const env = {
    PATH: [bin, process.env['PATH']].join(delimiter),
    NODE_EXTRA_CA_CERTS: undefined,
  };
  return {
    root,
    client,
    digests: new Map(
      Object.entries(manifest.vms).flatMap(([name, { volumes }]) =>
        Object.entries(volumes).map(([part, { sha256 }]) => [`${name} ${part}`, sha256] as const),
      ),
    ),
    args: ['--passphrase-file', join(folder, 'passphrase')],
    restore: (args) => runProgram(program, line(args), { timeout: 200_000, env }),
    start: (args) => {
      const child = execa(program, line(args), { env, stdio: 'ignore', reject: false });
      return async (name) => {
        child.kill(name);
        const { exitCode, signal } = await child;
        return signal ?? exitCode;
      };
    },
    setPolicy,
    program: async (name, script) => {
      const place = name.startsWith('qubes.') ? join(root, 'qubes-rpc') : bin;
      await writeFile(join(place, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
  };
}
