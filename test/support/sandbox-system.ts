import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import type { Transport } from '../../lib/admin/transport.ts';
import type { QrexecCaller } from '../../lib/qrexec/caller.ts';
import { EmbeddedCaller } from '../../lib/qrexec/embedded-caller.ts';
import { type SandboxedRestore } from '../../lib/restore/sandbox/restore-in-sandbox.ts';
import { type AdminSystem, openSystem } from './admin-system.ts';
import { builtFolder } from './service-process.ts';

/** What a restore in a disposable did, besides what it changed. */
export interface Told {
  readonly stdout: string[];
  readonly stderr: string[];
  readonly lines: string[];
}

/** An embedded system of its own in which to restore in a disposable, with the qube `work` as storage. */
export interface SandboxSystem {
  readonly system: AdminSystem;
  readonly client: AdminClient;
  readonly told: Told;
  /** Tags of a qube; none where there is no such qube. */
  readonly tags: (qube: string) => readonly string[];
  readonly work: (changed?: Partial<SandboxedRestore>) => SandboxedRestore;
}

/**
 * @param programs of the disposable by name, as shell scripts; each may end with `exec "$0.real"`
 * @param services of all qubes, likewise, besides the installed ones
 */
export async function sandboxSystem(
  t: ExecutionContext,
  programs: Readonly<Record<string, string>>,
  services: Readonly<Record<string, string>> = {},
): Promise<SandboxSystem> {
  const system = await openSystem(t);
  const { root } = system;
  const bin = await scripts(join(root, 'bin'), programs);
  await scripts(join(root, 'qubes-rpc'), {
    'qubes.VMExec': `PATH=${bin}${delimiter}$PATH; ${await installed('embedded-rpc/qubes.VMExec')}`,
    'qubes.RegisterBackupLocation': await installed('services/qubes.RegisterBackupLocation'),
    ...services,
  });
  const client = clientOf(system);
  await client.system.set('management_dispvm', 'default-dvm');
  const told: Told = { stdout: [], stderr: [], lines: [] };
  return {
    system,
    client,
    told,
    tags: (qube) => [...(system.app.qubes.find(qube)?.tags ?? [])],
    work: (changed = {}) => ({
      client,
      undo: client,
      caller: callerOf(root),
      signal: new AbortController().signal,
      lock: join(root, 'run', 'sandbox.lock'),
      storage: { qube: 'work', location: '/archive' },
      command: (service, options) => ['run', ...options, service],
      passphrase: 'secret',
      autoClose: false,
      log: {
        stdout: (text) => void told.stdout.push(text),
        stderr: (text) => void told.stderr.push(text),
      },
      tell: (line) => void told.lines.push(line),
      ...changed,
    }),
  };
}

/** Calls as dom0, or as another qube. */
export function clientOf({ ask }: AdminSystem, source = 'dom0'): AdminClient {
  const transport: Transport = {
    async *send({ method, argument, destination, payload }) {
      yield Buffer.from(await ask(`${method}+${argument} ${source} name ${destination}`, payload));
    },
    stream: () => {
      throw new Error('No stream here');
    },
  };
  return new AdminClient(new AdminCalls(transport));
}

function callerOf(root: string): QrexecCaller {
  const caller = new EmbeddedCaller({ root });
  return {
    call: async (request) => {
      await mkdir(join(root, 'home', request.target), { recursive: true });
      return caller.call(request);
    },
  };
}

async function installed(name: string): Promise<string> {
  return `exec ${join(await builtFolder(), name)} "$@"`;
}

async function scripts(folder: string, texts: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return folder;
}
