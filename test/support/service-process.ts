import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { execa } from 'execa';

import { sinkTo, type ByteSink } from '../../lib/base/byte-sink.ts';
import { collect } from './bytes.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LOADER = join(ROOT, 'register.mjs');

/** How a service is started: from the checkout, or as it is installed. */
export const HOSTS = ['checkout', 'installed'] as const;

let built: Promise<string> | undefined;

/** The folder with everything built, made once for a test file and removed when it ends. */
export function builtFolder(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-dist-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await execa(process.execPath, [join(ROOT, 'build.mjs'), folder], {
      env: { NODE_OPTIONS: '' },
    });
    return folder;
  })();
  return built;
}

export interface ServiceStart {
  readonly argument?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** A started service. */
export interface StartedService {
  readonly pid: number;
  readonly stdin: ByteSink;
  readonly stdout: Readable;
  /** All it says on stderr, when it has ended. */
  readonly stderr: Promise<string>;
  /** Exit status, or the name of the signal that ended it. */
  readonly finished: Promise<number | string | undefined>;
  /** Tells what it says on stderr from now on. */
  onStderr(listener: (text: string) => void): void;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a service as a process with pipes, in an environment without anything of ours. */
export async function startService(
  host: (typeof HOSTS)[number],
  name: string,
  { argument, cwd = tmpdir(), env = {} }: ServiceStart = {},
): Promise<StartedService> {
  const started =
    host === 'installed'
      ? [join(await builtFolder(), 'services', name)]
      : [process.execPath, '--import', LOADER, join(ROOT, 'services', `${name}.ts`)];
  const [program = '', ...args] = [...started, ...(argument === undefined ? [] : [argument])];
  const child = execa(program, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  });
  return {
    pid: child.pid ?? 0,
    stdin: sinkTo(child.stdin),
    stdout: child.stdout,
    stderr: collect(child.stderr).then(String),
    finished: child.then(({ exitCode, signal }) => exitCode ?? signal),
    onStderr: (listener) => void child.stderr.on('data', (block) => listener(String(block))),
    kill: (signal) => void child.kill(signal),
  };
}
