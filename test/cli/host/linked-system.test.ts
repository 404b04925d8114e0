import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { makeSystem } from '../../support/embedded-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { runProgram, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const APART = ['--user', '--map-root-user', '--mount'];
const canMount = !(await runProgram('unshare', [...APART, 'true'])).exitCode;
/** Where a process cannot have mounts of its own this cannot be seen; the skips are counted. */
const withMounts = canMount ? test : test.skip;

/** The disk of /var/lib was too small: the system of Qubes OS is somewhere else, behind a link. */
interface MovedSystem {
  /** Its real folder. */
  readonly folder: string;
  /** What is /run there. */
  readonly run: string;
  /** Runs lines of sh where it is, with the folder in `$folder` and our programs on the path. */
  readonly sh: (script: string) => Promise<RunResult>;
}

async function movedSystem(t: ExecutionContext): Promise<MovedSystem> {
  const root = await temporaryFolder(t);
  const folder = join(root, 'moved');
  const lib = join(root, 'lib');
  const run = join(root, 'run');
  await makeSystem(folder, sessionStore('start'));
  await mkdir(lib);
  await symlink(folder, join(lib, 'qubes'));
  await mkdir(run);
  const bin = join(await builtFolder(), 'bin');
  return {
    folder,
    run,
    sh: (script) =>
      runProgram(
        'unshare',
        [
          ...APART,
          'sh',
          '-ec',
          `mount --bind ${lib} /var/lib; mount --bind ${run} /run; ${script}`,
        ],
        { env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, folder, QUBES_RPC_ROOT: '' } },
      ),
  };
}

for (const place of ['$folder', '/var/lib/qubes']) {
  withMounts(`qubesd has its store where that was moved to: ${place} (needs mounts)`, async (t) => {
    const { folder, run, sh } = await movedSystem(t);
    const daemon = createServer();
    await new Promise<void>((resolve) => daemon.listen(join(run, 'qubesd.sock'), resolve));
    t.teardown(() => void daemon.close());
    const { exitCode, stderr } = await sh(`exec qubes-rpcd --root "${place}"`);
    t.is(exitCode, 6, stderr);
    const reason = 'a program listens on /var/run/qubesd.sock';
    t.true(stderr.includes(`Cannot open the system in ${folder}: ${reason}`), stderr);
  });

  withMounts(`nor are its qubes ours, without qubesd: ${place} (needs mounts)`, async (t) => {
    const { sh } = await movedSystem(t);
    const rpc = (words: string): string => `qubes-rpc ${words} --root "${place}"`;
    const { exitCode, stderr } = await sh(`trap '${rpc('host stop')}' EXIT; ${rpc('start work')}`);
    t.is(exitCode, 7, stderr);
    t.regex(stderr, /Cannot start qubes of Xen: this host has no way to them/);
  });
}
