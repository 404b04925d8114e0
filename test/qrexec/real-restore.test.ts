// Restores over the real qrexec, as `real-qrexec.test.ts`: by a management qube, and what a disposable that
// restores needs of the qube with the archive.
import { copyFile, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { fixtureBackup } from '../support/fixture-backup.ts';
import { packagedSystem } from '../support/packaged-system.ts';
import { realSystem, type RealSystem } from '../support/real-system.ts';
import { builtFolder } from '../support/service-process.ts';
import { withQrexec } from '../support/with-qrexec.ts';

/** Puts our services as they are built into `personal`. */
async function builtSystem(t: ExecutionContext, policy: string): Promise<RealSystem> {
  const system = await realSystem(t, policy);
  for (const name of ['qubes.Restore', 'qubes.RestoreById', 'qubes.RegisterBackupLocation']) {
    const bundle = join(await builtFolder(), 'services', name);
    await symlink(bundle, join(system.qrexec.services('personal'), name));
  }
  return system;
}

/** All of ours is taken over from packages, and the host serves as a unit would. */
async function enabledSystem(t: ExecutionContext, policy: string): Promise<RealSystem> {
  const system = await packagedSystem(t, policy);
  for (const where of ['dom0', 'qubes'] as const) {
    await system.switched(where, 'services', 'enable', '--all');
  }
  await system.enableHost();
  return system;
}

/** Puts a backup where the qubes find it. */
async function backupIn({ root }: RealSystem) {
  const { path, manifest } = await fixtureBackup('v4-gzip');
  const archive = join(root, 'archive');
  await copyFile(path, archive);
  const secret = join(root, 'secret');
  await writeFile(secret, `${manifest.passphrase}\n`);
  return { archive, secret, manifest };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path)) hash.update(block as Uint8Array);
  return hash.digest('hex');
}

/** Hundreds of calls, each of which starts some programs. */
const LONG = 10 * 60 * 1000;

const KINDS = [
  ['as built', builtSystem],
  ['out of packages', enabledSystem],
] as const;

for (const [kind, newSystem] of KINDS) {
  withQrexec(
    `a management qube restores by the shipped policy, a qube without rights nothing: ${kind}`,
    async (t) => {
      t.timeout(LONG);
      const system = await newSystem(t, '');
      const { root, run, qrexec } = system;
      const { archive, secret, manifest } = await backupIn(system);
      const dom0 = { QUBES_RPC_ROOT: root };
      for (const line of [
        'tags work add backup-manager',
        'features work tag-created-vm-with backup-managed',
        'tags personal add backup-storage',
      ]) {
        const done = await run('qubes-rpc', dom0, ...line.split(' '));
        t.is(done.exitCode, 0, done.stderr);
      }
      const restore = (qube: string, from: string) => {
        const options = ['--yes', '--rename-conflicting', '--ignore-missing', '--skip-devices'];
        const where = ['--qrexec', '--from', from, archive, '-p', secret];
        return run('qubes-restore', qrexec.env(qube), 'run', ...options, ...where);
      };
      const ran = await restore('work', 'personal');
      t.is(ran.exitCode, 0, ran.text + ran.stderr);
      await sameVolumes(t, system, manifest.vms);

      const denied = await restore('personal', 'work');
      t.not(denied.exitCode, 0);
      t.regex(denied.stderr, /Request refused/);
    },
  );
}

/** Volumes of a manifest are those of the system. */
async function sameVolumes(
  t: ExecutionContext,
  { root, run }: RealSystem,
  vms: Awaited<ReturnType<typeof fixtureBackup>>['manifest']['vms'],
): Promise<void> {
  const listed = await run('qubes-rpc', { QUBES_RPC_ROOT: root }, 'ls', '--columns', 'NAME');
  const names = listed.text.trimEnd().split('\n');
  let compared = 0;
  for (const [name, { volumes }] of Object.entries(vms)) {
    const renamed = names.includes(`${name}-1`) ? `${name}-1` : name;
    for (const [volume, { sha256 }] of Object.entries(volumes)) {
      const file = join(root, 'exported');
      const from = `${renamed}:${volume}`;
      const done = await run(
        'qubes-rpc',
        { QUBES_RPC_ROOT: root },
        'volume',
        'export',
        '--force',
        from,
        file,
      );
      t.is(done.exitCode, 0, done.stderr);
      t.is<string | undefined, string | undefined>(await digestOf(file), sha256, from);
      compared++;
    }
  }
  t.true(compared > 0);
}

for (const [kind, newSystem] of KINDS) {
  withQrexec(
    `a registered backup is read by its id, until its registration ends: ${kind}`,
    async (t) => {
      const system = await newSystem(
        t,
        'qubes.RestoreById * work personal allow\nqubes.RegisterBackupLocation * @anyvm @anyvm deny\n',
      );
      const { root } = system;
      const { archive } = await backupIn(system);
      const dom0Client = join(root, 'real', 'dom0.bin', 'qrexec-client');
      const command = 'DEFAULT:QUBESRPC qubes.RegisterBackupLocation+ dom0';
      const registration = execa(dom0Client, ['-d', 'personal', '--', command], { reject: false });
      t.teardown(() => void registration.kill());
      const ended = new AbortController();
      void registration.finally(() => ended.abort());
      registration.stdin.write(`${archive}\n`);
      const [line] = (await once(registration.stdout, 'data', {
        signal: ended.signal,
      })) as Buffer[];
      const id = String(line).trim();
      const inQube = join(root, 'real', 'work.bin', 'qrexec-client-vm');
      const read = async () => {
        const args = ['personal', `qubes.RestoreById+${id}`];
        const { exitCode, stdout } = await execa(inQube, args, {
          input: 'backup-header\n',
          encoding: 'buffer',
          reject: false,
        });
        return { exitCode, said: Buffer.from(stdout).toString('latin1') };
      };
      t.regex((await read()).said, /version=4/);
      registration.stdin.end();
      await registration;
      t.is((await read()).exitCode, 1);
    },
  );
}
