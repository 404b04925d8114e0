import { readdir } from 'node:fs/promises';

import type { Machine } from '../takeover/machine.ts';

/** Where the databases of running qubes are served on Qubes OS. */
const FOLDER = '/run/qubes';
const DATABASE = /^qubesdb\.(.+)\.sock$/;

/** Names of the qubes of Xen that run on a machine. */
export async function runningQubes(machine: Machine): Promise<readonly string[]> {
  const files = await readdir(machine.at(FOLDER)).catch(() => []);
  return files
    .flatMap((file) => DATABASE.exec(file)?.[1] ?? [])
    .filter((name) => name !== 'dom0')
    .sort();
}
