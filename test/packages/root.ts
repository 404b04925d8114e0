import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { execa, type Options } from 'execa';

import { sandbox } from '../support/sandbox.ts';

/** Whoever runs the tests is root there. */
const AS_ROOT = process.geteuid?.() === 0 ? [] : ['/usr/bin/unshare', '--map-root-user'];

/** As in Fedora; elsewhere it would be in somebody's home. */
const DATABASE = ['--define', '_dbpath /var/lib/rpm'];

/** A root of a file system: nothing is in it but what the tests and the packages put there. */
export interface Root {
  readonly path: string;
  readonly at: (...parts: readonly string[]) => string;
  /** rpm, on the packages of this root. */
  rpm(...args: readonly string[]): Promise<string>;
  /** Runs a program of the root in it. */
  run(
    program: string,
    args?: readonly string[],
    options?: Options,
  ): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
}

/** Makes an empty root; `withNode` gives it the Node that runs the tests, at /usr/bin/node. */
export async function newRoot(t: ExecutionContext): Promise<Root> {
  const path = join(await sandbox(t), 'root');
  await mkdir(path);
  return {
    path,
    at: (...parts) => join(path, ...parts),
    rpm: async (...args) => {
      const [program = '', ...words] = [...AS_ROOT, 'rpm', '--root', path, ...DATABASE, ...args];
      const { stdout } = await execa(program, words, { stdin: 'ignore' });
      return stdout;
    },
    run: async (program, args = [], options = {}) => {
      const [first = '', ...words] = [...AS_ROOT, '/usr/sbin/chroot', path, program, ...args];
      const done = await execa(first, words, {
        stdin: 'ignore',
        reject: false,
        extendEnv: false,
        ...options,
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/usr/sbin', ...options.env },
      });
      const { exitCode } = done;
      return { exitCode, stdout: String(done.stdout), stderr: String(done.stderr) };
    },
  };
}

/** Puts the Node that runs the tests, what it is linked with, and what it asks for into a root. */
export async function bringNode({ at }: Root): Promise<void> {
  const { stdout } = await execa('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(?:^\s*|=> )(\/\S+)/gm)].map(([, path = '']) => path);
  for (const path of libraries) await bring(path, at(path));
  await bring(process.execPath, at('usr', 'bin', 'node'));
  await mkdir(at('tmp'), { recursive: true });
  await chmod(at('tmp'), 0o1777);
  await mkdir(at('etc'), { recursive: true });
  await writeFile(at('etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await mkdir(at('srv'));
}

async function bring(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}
