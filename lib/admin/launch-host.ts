// Not execa: a process that is left alone needs nothing of it, and the call that waits for the host would
// wait for execa to be loaded, too.
// eslint-disable-next-line no-restricted-imports
import { spawn } from 'node:child_process';
import { access, mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { NeedsError, reasonOf, systemErrorCode } from '../base/errors.ts';

/** Seconds without a call after which a host that was started on demand leaves. */
const IDLE_EXIT = 300;

/** Stands for the end of a host that a signal ended, or that could not be started. */
const FAILED = -1;

/** A log longer than this begins anew when a host is started. */
const MAX_LOG_BYTES = 1024 * 1024;

/** A host that was started. */
export interface LaunchedHost {
  /** What it has ended with; undefined while it runs. */
  status(): number | undefined;
}

/**
 * Starts the resident host of an embedded system. It outlives this process, leaves when nobody
 * calls it, and says what it has to say in a log.
 * @param root absolute path of the system's folder
 * @throws NeedsError when there is no system, or its folder cannot be written
 */
export async function launchHost(root: string): Promise<LaunchedHost> {
  await requireSystem(root);
  const log = await openLog(root);
  try {
    const args = [...hostProgram(), '--root', root, '--idle-exit', String(IDLE_EXIT)];
    const child = spawn(process.execPath, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', log.fd],
    });
    child.unref();
    let status: number | undefined;
    child.once('exit', (code) => {
      status = code ?? FAILED;
    });
    child.once('error', () => {
      status = FAILED;
    });
    return { status: () => status };
  } finally {
    await log.close();
  }
}

/** Where a host that was started on demand writes its log. */
export function hostLog(root: string): string {
  return join(root, 'run', 'qubes-rpcd.log');
}

async function requireSystem(root: string): Promise<void> {
  try {
    await access(join(root, 'qubes.xml'));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw unusable(root, error);
    throw new NeedsError(`There is no system in ${root}`, {
      hint: 'Make one with qubes-rpc init, or name its folder with QUBES_RPC_ROOT.',
    });
  }
}

async function openLog(root: string): Promise<FileHandle> {
  try {
    await mkdir(join(root, 'run'), { recursive: true, mode: 0o700 });
    const log = await open(hostLog(root), 'a', 0o600);
    if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate();
    return log;
  } catch (error) {
    throw unusable(root, error);
  }
}

function unusable(root: string, error: unknown): NeedsError {
  return new NeedsError(`Cannot use the system in ${root}: ${reasonOf(error)}`);
}

/** The arguments for Node: the host is beside this code, installed as well as in a checkout. */
function hostProgram(): readonly string[] {
  const folder = import.meta.dirname;
  if (import.meta.filename.endsWith('.cjs')) return [join(folder, 'qubes-rpcd.cjs')];
  const checkout = join(folder, '..', '..');
  return [
    `--import=${join(checkout, 'register.mjs')}`,
    join(checkout, 'lib', 'cli', 'qubes-rpcd.main.ts'),
  ];
}
