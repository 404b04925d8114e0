import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import { collect } from './bytes.ts';
import { builtFolder, HOSTS } from './service-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** An import to be made, by an executable of its own. */
export interface ImportStart {
  readonly root: string;
  readonly qube?: string;
  /** Name of the volume, in `argv`. */
  readonly argument?: string;
  readonly hasSize?: boolean;
  readonly host?: (typeof HOSTS)[number];
  /** A file as standard input; else it is a pipe. */
  readonly file?: string;
  /** Bytes of that file which somebody has read before. */
  readonly fileAlreadyRead?: number;
  /** Path of the executable, where it is another. */
  readonly program?: string;
}

/** A running import. */
export interface RunningImport {
  readonly stdin: NodeJS.WritableStream | undefined;
  readonly reply: Promise<string>;
  readonly stderr: Promise<string>;
  readonly finished: Promise<number | string | undefined>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts an import as stock dom0 does through sudo: with two variables only. */
export async function startImport(start: ImportStart): Promise<RunningImport> {
  const { root, qube = 'work', argument = 'private', hasSize = true, file } = start;
  const name = `admin.vm.volume.Import${hasSize ? 'WithSize' : ''}`;
  const [program = '', ...args] =
    start.host === 'checkout'
      ? [
          process.execPath,
          '--import',
          join(ROOT, 'register.mjs'),
          join(ROOT, 'services', `${name}.ts`),
        ]
      : [start.program ?? join(await builtFolder(), 'services', name)];
  const input = file === undefined ? undefined : await open(file);
  const { fileAlreadyRead: read = 0 } = start;
  if (read > 0) await input?.read(Buffer.alloc(read), 0, read, null);
  const child = execa(program, [...args, argument], {
    env: {
      PATH: process.env['PATH'],
      QUBES_RPC_ROOT: root,
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET: qube,
    },
    extendEnv: false,
    stdin: input === undefined ? 'pipe' : (input.fd as 3),
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  });
  child.stdin?.on('error', () => undefined);
  await input?.close();
  return {
    stdin: child.stdin ?? undefined,
    reply: collect(child.stdout).then(String),
    stderr: collect(child.stderr).then(String),
    finished: child.then(({ exitCode, signal }) => signal ?? exitCode),
    kill: (signal) => void child.kill(signal),
  };
}

/** Makes an import to its end. @returns the reply, and how the process ended */
export async function runImport(
  start: ImportStart,
  content: string | Uint8Array = '',
): Promise<readonly [reply: string, status: number | string | undefined]> {
  const running = await startImport(start);
  running.stdin?.end(content);
  return [await running.reply, await running.finished];
}
