import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import {
  type Installed,
  installedAsBuilt,
  type RealQrexec,
  startRealQrexec,
} from './real-qrexec.ts';
import { runProgram, type RunResult } from './run-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An embedded system as dom0, and the real qrexec between it and two of its qubes. */
export interface RealSystem {
  readonly root: string;
  readonly qrexec: RealQrexec;
  /** Runs one of our programs; `{}` for dom0, else `qrexec.env(QUBE)`. */
  readonly run: (program: string, env: object, ...args: readonly string[]) => Promise<RunResult>;
}

/**
 * The sample system with its qubes `work` and `personal` connected.
 * @param policy besides the one that is shipped, and before it
 * @param folder of the system
 */
export async function realSystem(
  t: ExecutionContext,
  policy: string,
  installed?: Installed,
  folder?: string,
): Promise<RealSystem> {
  if (userInfo().uid === 0) {
    throw new Error('Run this as an ordinary user: for root, the agent starts services by PAM');
  }
  const root = folder ?? join(await temporaryFolder(t), 's');
  const places = installed ?? (await installedAsBuilt());
  const run: RealSystem['run'] = (program, env, ...args) =>
    runProgram(join(places.programs, program), args, {
      env: { QUBES_RPC_ROOT: undefined, ...env },
      // A restore makes hundreds of calls, and each starts five programs.
      timeout: 300_000,
    });
  t.teardown(() =>
    run('qubes-rpc', { QUBES_RPC_ROOT: root }, 'host', 'stop').then(() => undefined),
  );
  const made = await run('qubes-rpc', { QUBES_RPC_ROOT: root }, 'init', '--sample');
  t.is(made.exitCode, 0, made.stderr);
  await mkdir(join(root, 'policy.d'), { recursive: true });
  await writeFile(join(root, 'policy.d', '30-test.policy'), policy);
  const env = { QUBES_RPC_ROOT: root };
  await run('qubes-rpc', env, 'start', 'work', 'personal');
  const listed = await run('qubes-rpc', env, 'ls', 'work', 'personal', '--columns', 'NAME,UUID');
  const uuids = listed.text
    .trimEnd()
    .split('\n')
    .map((line): [string, string] => {
      const [name = '', uuid = ''] = line.split(/\s+/);
      return [name, uuid];
    });
  return { root, run, qrexec: await startRealQrexec(t, root, new Map(uuids), places) };
}
