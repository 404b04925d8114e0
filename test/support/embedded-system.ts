import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';

import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';
import { adoptStore } from '../../lib/model/store/create-store.ts';
import { collect } from './bytes.ts';
import { builtFolder } from './service-process.ts';
import { makeVolumeFiles } from './volume-files.ts';

const START_MS = 15_000;

/** The resident host of an embedded system, as it is installed. */
export interface RunningHost {
  readonly pid: number;
  /** All it says on stderr, when it has ended. */
  readonly stderr: Promise<string>;
  /** Exit status, or the name of the signal that ended it. */
  readonly finished: Promise<number | string | undefined>;
  kill(signal: NodeJS.Signals): void;
}

/** Makes a folder an embedded system with the qubes of a store, their volumes and kernel. */
export async function makeSystem(root: string, store: string): Promise<void> {
  await adoptStore(root, Buffer.from(store), embeddedDoors(root));
  await makeVolumeFiles(root, store);
  const kernel = join(root, 'vm-kernels', '6.6.1');
  await mkdir(kernel, { recursive: true });
  for (const file of ['vmlinuz', 'initramfs', 'modules.img'])
    await writeFile(join(kernel, file), '');
}

/** Starts the host of a system, and waits until it answers. */
export async function startHost(root: string): Promise<RunningHost> {
  const host = await spawnHost(['--root', root]);
  const ended = host.finished.then(async (status) => {
    throw new Error(`The host ended with ${String(status)}: ${await host.stderr}`);
  });
  ended.catch(() => undefined);
  await Promise.race([ended, untilItAnswers(adminSocket(root))]);
  return host;
}

/** Starts the program of the host as it is installed. */
export async function spawnHost(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<RunningHost> {
  const program = join(await builtFolder(), 'bin', 'qubes-rpcd');
  const child = execa(program, args, {
    env: { NODE_EXTRA_CA_CERTS: undefined, ...env },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  });
  const stderr = collect(child.stderr).then((bytes) => Buffer.from(bytes).toString());
  const finished = child.then(({ exitCode, signal }) => signal ?? exitCode);
  return {
    pid: child.pid ?? -1,
    stderr,
    finished,
    kill: (signal) => void child.kill(signal),
  };
}

/** Where a system's host answers calls of the Admin API. */
export function adminSocket(root: string): string {
  return join(root, 'run', 'qubesd.sock');
}

/** Sends bytes, ends the request, and returns all that comes back. */
export function exchange(socket: string, request: string | Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const connection = connect({ path: socket, allowHalfOpen: true });
    connection.on('data', (chunk) => chunks.push(chunk));
    connection.on('end', () => resolve(Buffer.concat(chunks)));
    connection.on('error', reject);
    connection.end(request);
  });
}

/** Makes a call as dom0 and returns the reply as text. */
export async function adminCall(
  root: string,
  {
    method,
    argument = '',
    destination = 'dom0',
    payload = '',
  }: {
    readonly method: string;
    readonly argument?: string;
    readonly destination?: string;
    readonly payload?: string | Uint8Array;
  },
): Promise<string> {
  const header = Buffer.from(`${method}+${argument} dom0 name ${destination}\0`);
  const reply = await exchange(adminSocket(root), Buffer.concat([header, Buffer.from(payload)]));
  return Buffer.from(reply).toString();
}

/** Waits until somebody answers calls on a socket. */
export async function untilItAnswers(socket: string): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    try {
      await exchange(socket, 'admin.vm.List+ dom0 name dom0\0');
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(5);
    }
  }
}
