import { join } from 'node:path';

import { execa } from 'execa';

const PROGRAM = join(import.meta.dirname, 'qubesdb-host-process.ts');
const REGISTER = join(import.meta.dirname, '..', '..', 'register.mjs');

/** A process that serves the database of one qube, to be killed. */
export interface QubesDbHost {
  kill(): void;
  readonly ended: Promise<unknown>;
}

/** Resolves when it answers. */
export async function startQubesDbHost(root: string, qube: string): Promise<QubesDbHost> {
  const child = execa(process.execPath, ['--import', REGISTER, PROGRAM, root, qube], {
    reject: false,
    stderr: 'inherit',
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    void child.then(() => reject(new Error('The host of the database ended')));
  });
  return { kill: () => void child.kill('SIGKILL'), ended: child };
}
