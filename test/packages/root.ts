import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa, execaSync, type Options } from 'execa';

import { sandbox } from '../support/sandbox.ts';

/** Ways to have mounts of one's own, in which whoever runs the tests is root. */
const ALONE = [
  ['/usr/bin/unshare', '--mount'],
  ['/usr/bin/unshare', '--mount', '--map-root-user'],
] as const;

/** What programs count on; it is gone when the last of them ends. */
const MOUNTED = ['proc', 'dev'] as const;
const mounts = MOUNTED.map((name) => `/bin/mount --rbind /${name} "$0/${name}"`).join(' && ');
const WITH_MOUNTS = ['/bin/sh', '-c', `${mounts} && exec "$@"`];

/** At once, not later: ava wants to know at the start which tests are skipped. */
const alone = ALONE.find((words) => {
  const [program, ...args] = words;
  return !execaSync(program, [...args, 'mount', '--rbind', '/proc', '/mnt'], { reject: false })
    .failed;
});

/** A test that runs programs in a root. */
export function testInRoot(title: string, work: (t: ExecutionContext) => Promise<void>): void {
  if (alone === undefined) test.skip(`${title}: no mounts of our own here`, work);
  else test(title, work);
}

/** As in Fedora; elsewhere it would be in somebody's home. */
const DATABASE = ['--define', '_dbpath /var/lib/rpm'];

/** systemd may run on this machine, but not in the root. */
const OFFLINE = { SYSTEMD_OFFLINE: '1' };

/** A root of a file system: nothing is in it but what the tests and the packages put there. */
export interface Root {
  readonly path: string;
  readonly at: (...parts: readonly string[]) => string;
  /** rpm, on the packages of this root. */
  rpm(...args: readonly string[]): Promise<string>;
  /** dpkg, on those of Debian. */
  dpkg(...args: readonly string[]): Promise<string>;
  /** Runs a program of the root in it. */
  run(
    program: string,
    args?: readonly string[],
    options?: Options,
  ): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
}

/** Makes an empty root. */
export async function newRoot(t: ExecutionContext): Promise<Root> {
  const path = join(await sandbox(t), 'root');
  for (const name of MOUNTED) await mkdir(join(path, name), { recursive: true });
  const begin = alone === undefined ? [] : [...alone, ...WITH_MOUNTS, path];
  const manage = async (...manager: readonly string[]): Promise<string> => {
    const [program = '', ...words] = [...begin, ...manager];
    return (await execa(program, words, { stdin: 'ignore', env: OFFLINE })).stdout;
  };
  return {
    path,
    at: (...parts) => join(path, ...parts),
    rpm: (...args) => manage('rpm', '--root', path, ...DATABASE, ...args),
    // It looks for programs that only a Debian has, and these packages do not need.
    dpkg: (...args) => manage('dpkg', '--force-bad-path', `--root=${path}`, ...args),
    run: async (program, args = [], options = {}) => {
      const [first = '', ...words] = [...begin, '/usr/sbin/chroot', path, program, ...args];
      const done = await execa(first, words, {
        stdin: 'ignore',
        reject: false,
        extendEnv: false,
        ...options,
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/usr/sbin', ...OFFLINE, ...options.env },
      });
      const { exitCode } = done;
      return { exitCode, stdout: String(done.stdout), stderr: String(done.stderr) };
    },
  };
}

/** Puts a program, and what it is linked with, into a root. */
export async function bringProgram({ at }: Root, program: string, to = program): Promise<void> {
  const { stdout } = await execa('ldd', [program]);
  const libraries = [...stdout.matchAll(/(?:^\s*|=> )(\/\S+)/gm)].map(([, path = '']) => path);
  for (const path of libraries) await bring(path, at(path));
  await bring(program, at(to));
}

/** Puts the Node that runs the tests, and what programs ask for, into a root. */
export async function bringNode(root: Root): Promise<void> {
  const { at } = root;
  await bringProgram(root, process.execPath, '/usr/bin/node');
  await mkdir(at('tmp'), { recursive: true });
  await chmod(at('tmp'), 0o1777);
  await mkdir(at('etc'), { recursive: true });
  await mkdir(at('srv'));
}

async function bring(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}
