import { chmod, cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import * as z from 'zod';

import { findProgram } from '../../lib/base/program.ts';
import { adminCall, makeSystem } from '../support/embedded-system.ts';
import { sessionStore } from '../support/recorded-session.ts';
import { runProgram } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const UNITS = join(import.meta.dirname, '..', '..', 'rpm', 'systemd');
const HOST = 'qubes-rpcd.service';

/** Programs that not every machine has; where they are not these tests count as skipped. */
const hasAnalyze = (await findProgram('systemd-analyze')) !== undefined;
const withAnalyze = hasAnalyze ? test : test.skip;
const activate = await findProgram('systemd-socket-activate');
const canIsolate = activate !== undefined && process.getuid?.() === 0 && (await isolates());
const isolated = canIsolate ? test : test.skip;

/** The values of a setting in a unit, in order. */
async function settings(unit: string, name: string): Promise<readonly string[]> {
  const lines = (await readFile(join(UNITS, unit), 'utf8')).split('\n');
  return lines.flatMap((line) => (line.startsWith(`${name}=`) ? line.slice(name.length + 1) : []));
}

const unitsOf = async (ending: string): Promise<string[]> =>
  (await readdir(UNITS)).filter((file) => file.endsWith(ending)).sort();

/** A root with our units, and what they start. */
async function unitRoot(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await cp(UNITS, join(root, 'usr/lib/systemd/system'), { recursive: true });
  for (const unit of await unitsOf('.service')) {
    const [command = ''] = (await settings(unit, 'ExecStart')).map((line) => line.split(' ')[0]);
    await mkdir(join(root, command, '..'), { recursive: true });
    await cp(process.execPath, join(root, command), { mode: 1 }).catch(() => undefined);
    await chmod(join(root, command), 0o755);
  }
  return root;
}

withAnalyze('systemd understands every line of the units', async (t) => {
  const root = await unitRoot(t);
  const units = [...(await unitsOf('.service')), ...(await unitsOf('.socket'))];
  const { exitCode, stderr } = await runProgram('systemd-analyze', [
    ...['verify', '--man=no', `--root=${root}`, '--recursive-errors=no'],
    ...units,
  ]);
  t.is(stderr, '');
  t.is(exitCode, 0);
});

/** One line of `systemd-analyze security --json=short`. */
const Finding = z.object({ name: z.string(), exposure: z.string().nullable().optional() });

/** What the comment at the end of a unit explains: how systemd begins to name it. */
async function explainedIn(unit: string): Promise<readonly string[]> {
  const lines = (await readFile(join(UNITS, unit), 'utf8')).matchAll(/^# - (.+?): /gm);
  return [...lines].flatMap(([, names = '']) => names.split(', '));
}

for (const [unit, limit] of [
  [HOST, 18],
  ['qubes-preload-dispvm.service', 10],
] as const) {
  withAnalyze(`what ${unit} leaves open is little, and each of it explained`, async (t) => {
    const root = await unitRoot(t);
    const { exitCode, text } = await runProgram('systemd-analyze', [
      ...['security', '--offline=yes', `--root=${root}`, `--threshold=${limit}`, '--json=short'],
      unit,
    ]);
    t.is(exitCode, 0, 'it is more open than it was');
    const explained = await explainedIn(unit);
    for (const { name, exposure } of z.array(Finding).parse(JSON.parse(text))) {
      if (exposure === null || exposure === undefined) continue;
      t.true(
        explained.some((beginning) => name.startsWith(beginning)),
        `${name} is not explained`,
      );
    }
  });
}

test('the sockets are handed over under the names that the host knows', async (t) => {
  const names = new Map<string, string>();
  for (const unit of await unitsOf('.socket')) {
    const [name = ''] = await settings(unit, 'FileDescriptorName');
    const [path = ''] = await settings(unit, 'ListenStream');
    t.is(path, `/run/qubes-rpcd/${name}.sock`);
    t.deepEqual(await settings(unit, 'Service'), [HOST]);
    names.set(name, unit);
  }
  t.deepEqual([...names.keys()].sort(), ['qubesd', 'qubesd.internal', 'qubesd.misc']);
  const [used = ''] = await settings(HOST, 'Sockets');
  t.deepEqual(used.split(' ').sort(), [...names.values()].sort());
});

/** Whether new name spaces, and file systems in them, can be had. */
async function isolates(): Promise<boolean> {
  const { exitCode } = await runProgram('unshare', [
    ...['--mount', '--net', '--ipc', 'mount', '-o', 'remount,bind,ro', '/'],
  ]).catch(() => ({ exitCode: 1 }));
  return exitCode === 0;
}

/**
 * Makes of the sandbox of the unit what can be had without systemd: nothing to be written but its
 * folder, no other users' homes, no processes of others, its capabilities and no new ones.
 */
const SANDBOX = `
set -e
folder=$1; shift
mount --bind "$folder" "$folder"
mount -o remount,bind,ro /
mount -t tmpfs -o mode=0755 none /home
mount -t proc -o hidepid=invisible proc /proc
exec "$@"
`;

/** Name spaces that a unit may ask for, and how unshare(1) makes them. */
const NAME_SPACES = { PrivateNetwork: '--net', PrivateIPC: '--ipc', ProtectHostname: '--uts' };

/** As the drop-ins of `qubes-rpc host enable` have it: who knows the system finds the sockets there. */
async function linkSockets(root: string, from: string, names: readonly string[]): Promise<void> {
  await mkdir(join(root, 'run'), { recursive: true });
  for (const name of names) await symlink(join(from, `${name}.sock`), socketPathIn(root, name));
}

const socketPathIn = (root: string, name: string): string => join(root, 'run', `${name}.sock`);

isolated('the host serves, saves and ends well in the sandbox of its unit (as root)', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'system');
  await makeSystem(root, sessionStore('start'));
  const sockets = await temporaryFolder(t);
  const capabilities = (await settings(HOST, 'CapabilityBoundingSet'))
    .flatMap((line) => line.split(' '))
    .map((name) => `+${name.replace('CAP_', '').toLowerCase()}`);
  const [filter = ''] = await settings(HOST, 'RestrictAddressFamilies');
  t.is(filter, 'AF_UNIX');
  const names = ['qubesd', 'qubesd.internal', 'qubesd.misc'];
  await linkSockets(root, sockets, names);
  const apart = [];
  for (const [setting, option] of Object.entries(NAME_SPACES)) {
    if ((await settings(HOST, setting)).includes('yes')) apart.push(option);
  }
  const child = execa(
    activate ?? '',
    [
      // Whoever opens the sockets is not in the sandbox.
      `--setenv=QUBES_RPC_ROOT=${root}`,
      ...names.flatMap((name) => ['--listen', join(sockets, `${name}.sock`)]),
      `--fdname=${names.join(':')}`,
      ...['unshare', '--mount', ...apart, 'sh', '-c', SANDBOX, 'sh', folder],
      ...['setpriv', '--no-new-privs', '--inh-caps=-all'],
      `--bounding-set=${['-all', ...capabilities].join(',')}`,
      join(await builtFolder(), 'bin', 'qubes-rpcd'),
    ],
    {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      reject: false,
    },
  );
  t.teardown(() => void child.kill('SIGKILL'));
  const socket = join(sockets, 'qubesd.misc.sock');
  while ((await stat(socket).catch(() => undefined)) === undefined) {
    if (child.exitCode !== null) break;
    await sleep(10);
  }
  const { gid } = await stat(join(root, 'qubes.xml'));
  const call = { method: 'admin.vm.feature.Set', argument: 'kept', destination: 'work' };
  const answer = await adminCall(root, { ...call, payload: 'yes' }).catch(
    async (error: unknown) => {
      t.fail(`${String(error)}: ${(await child).stderr}`);
    },
  );
  t.is(answer, '0\0');
  t.true((await readFile(join(root, 'qubes.xml'), 'utf8')).includes('name="kept">yes<'));
  t.is((await stat(join(root, 'qubes.xml'))).gid, gid);
  t.is(await adminCall(root, { method: 'admin.vm.Start', destination: 'vault' }), '0\0');

  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  t.regex(status, /^NoNewPrivs:\t1$/m);
  t.regex(status, /^CapBnd:\t000000000000000b$/m);
  child.kill('SIGTERM');
  const { exitCode, stderr } = await child;
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /Stopping: SIGTERM$/);
});
