// Whatever is killed, and whenever: no half-made qube can be started, and running the restore again
// completes it. KILLS=1000 kills longer.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { NeedsError } from '../../lib/base/errors.ts';
import { RESTORING } from '../../lib/base/restore-tags.ts';
import { fileDigest } from '../support/image.ts';
import { installedHost } from '../support/installed-host.ts';
import { makeBackup, type MadeBackup } from '../support/make-backup.ts';
import { RESTORED } from '../support/restore-spec.ts';
import { runProgram } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';

const KILLS = Number(process.env['KILLS'] ?? '24');

/** What is killed: the program in dom0, the service in the backup qube, the host. */
const VICTIMS = ['qubes-restore', 'qubes.Restore', 'qubes-rpcd'] as const;

const QUBES = ['banking', 'debian', 'dvm', 'named-disp', 'net'];

const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-'));
const root = join(folder, 'system');
const env = { QUBES_RPC_ROOT: root, HOME: folder, XDG_STATE_HOME: folder };
const client = new AdminClient(new AdminCalls(installedHost(root)));
let made: MadeBackup;

test.before(async () => {
  const rpc = join(await builtFolder(), 'bin', 'qubes-rpc');
  made = await makeBackup(folder, RESTORED);
  await runProgram(rpc, ['init'], { env, mustSucceed: true });
  await client.create({ name: 'storage', class: 'StandaloneVM', label: 'yellow' });
  await mkdir(join(root, 'home', 'storage'), { recursive: true });
});

test.after.always(async () => {
  const rpc = join(await builtFolder(), 'bin', 'qubes-rpc');
  await runProgram(rpc, ['host', 'stop'], { env });
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly ended: Promise<{ readonly status: number | undefined; readonly said: string }>;
}

async function startRun(): Promise<Run> {
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  const args = ['run', made.path, '--from', 'storage', '--yes', '--keep', '--skip-dom0-home'];
  const child = execa(program, [...args, '--ignore-missing', '-p', '-', '--json'], {
    env: { ...env, NODE_EXTRA_CA_CERTS: undefined },
    input: made.manifest.passphrase,
    reject: false,
    all: true,
  });
  return {
    pid: child.pid ?? -1,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ended: child.then(({ exitCode, all }) => ({ status: exitCode, said: all })),
  };
}

/** The process of that name that belongs to the system, or to a run. */
function processCalled(name: (typeof VICTIMS)[number], run: Run): number | undefined {
  if (name === 'qubes-restore') return run.pid;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (name === 'qubes-rpcd') return command.includes(name) && command.includes(root);
        const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parent) === run.pid && command.includes(name);
      } catch {
        return false;
      }
    });
}

/** A host that was just killed may still take a call, and never answer it. */
async function listed(): ReturnType<typeof client.list> {
  for (;;) {
    try {
      return await client.list();
    } catch (error) {
      if (!(error instanceof NeedsError)) throw error;
      await delay(10);
    }
  }
}

/** Every qube is either whole, or cannot be started. @returns whether all are there and whole */
async function noneIsHalf(t: ExecutionContext): Promise<boolean> {
  const there = new Set((await listed()).map(({ name }) => name));
  let whole = 0;
  for (const name of QUBES.filter((one) => there.has(one))) {
    const qube = client.qube(name);
    if (await qube.tags.has(RESTORING)) {
      await t.throwsAsync(qube.start(), { message: /Restore of this domain in progress/ });
      continue;
    }
    whole++;
    for (const [volume, { sha256 }] of Object.entries(made.manifest.vms[name]?.volumes ?? {})) {
      const place = await qube.volumes.exportBegin(volume);
      t.is(await fileDigest(place.path), sha256 ?? '', `${name}:${volume}`);
      await qube.volumes.exportEnd(volume, place);
    }
  }
  if (there.has('banking') && !(await client.qube('banking').tags.has(RESTORING))) {
    t.is((await client.qube('banking').properties.get('netvm')).value, 'net');
  }
  return whole === QUBES.length;
}

async function removeAll(): Promise<void> {
  for (const name of ['banking', 'named-disp', 'dvm', 'debian', 'net']) {
    await client.qube(name).remove();
  }
}

test('what is killed is completed by running it again', async (t) => {
  t.timeout(600_000);
  const begun = performance.now();
  const first = await startRun();
  const outcome = await first.ended;
  const duration = performance.now() - begun;
  t.is(outcome.status, 0, outcome.said);
  t.true(await noneIsHalf(t));
  await removeAll();

  const kills = { 'qubes-restore': 0, 'qubes.Restore': 0, 'qubes-rpcd': 0 };
  let completed = 0;
  for (let round = 0; round < KILLS; round++) {
    const victim = VICTIMS[round % VICTIMS.length] ?? 'qubes-restore';
    const run = await startRun();
    await Promise.race([delay(Math.random() * duration), run.ended]);
    let pid = processCalled(victim, run);
    // The service is there for moments only.
    while (pid === undefined && run.isRunning()) {
      await delay(5);
      pid = processCalled(victim, run);
    }
    if (pid !== undefined) {
      try {
        process.kill(pid, 'SIGKILL');
        kills[victim]++;
      } catch {
        // It had ended by itself.
      }
    }
    const { status, said } = await run.ended;
    t.not(status, 70, said);
    if (!(await noneIsHalf(t))) continue;
    // All is there, and maybe the run could not say so any more.
    const again = await (await startRun()).ended;
    const left = await readdir(join(root, 'restore')).catch(() => []);
    t.deepEqual(left, [], again.said);
    completed++;
    await removeAll();
  }
  const last = await (await startRun()).ended;
  t.is(last.status, 0, last.said);
  t.true(await noneIsHalf(t));
  t.log(`A run takes ${Math.round(duration)} ms`, kills, `${completed} times completed`);
});
