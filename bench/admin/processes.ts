import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';
import type { ResultPromise } from 'execa';

import { call, request } from './client.ts';

export const DIST = join(import.meta.dirname, '..', '..', 'dist');
export const HOST = join(DIST, 'bin', 'qubes-rpcd');
/** The executable of one service, as qrexec would start it. */
export const EXECUTABLE = join(DIST, 'services', 'admin.vm.property.Get');
/** The one that imports a volume. */
export const IMPORT = join(DIST, 'services', 'admin.vm.volume.Import');
const ECHO = join(import.meta.dirname, 'echo.ts');
const WRITER = join(import.meta.dirname, 'writer.ts');
const LOADER = join(import.meta.dirname, '..', '..', 'register.mjs');

/** A server, and where it is called. */
export interface Server {
  readonly socket: string;
  readonly pid: number;
  /** From its start to its first answer. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export async function startHost(root: string): Promise<Server> {
  return start([HOST, '--root', root, '--log-level', 'warn'], join(root, 'run', 'qubesd.sock'));
}

/** @param reply what it answers to everything */
export async function startEcho(socket: string, reply: string): Promise<Server> {
  return start([process.execPath, '--import', LOADER, ECHO, socket, reply], socket);
}

/** Keeps writing features, one call after another, until stopped. */
export function startWriter(socket: string): { stop(): Promise<void> } {
  const child = execa(process.execPath, ['--import', LOADER, WRITER, socket], OPTIONS);
  return { stop: () => end(child) };
}

/** Resident memory in bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

async function start([program = '', ...args]: string[], socket: string): Promise<Server> {
  const begin = performance.now();
  const child = execa(program, args, OPTIONS);
  const ended = child.then(() => true);
  const later = (): Promise<boolean> => sleep(1, false);
  while (!(await answers(socket))) {
    if (await Promise.race([ended, later()])) throw new Error(`${program} has ended`);
  }
  const startMs = performance.now() - begin;
  return { socket, pid: child.pid ?? -1, startMs, stop: () => end(child) };
}

const OPTIONS = { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit', reject: false } as const;

async function answers(socket: string): Promise<boolean> {
  return call(socket, request('admin.vm.List+', 'dom0')).then(
    () => true,
    () => false,
  );
}

async function end(child: ResultPromise<typeof OPTIONS>): Promise<void> {
  child.kill('SIGTERM');
  await child;
}
