import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { AS_EXTRACTED, AS_IN_BACKUP, compareWithManifest } from './check-recovered.ts';
import { sha256 } from './content.ts';
import { emergencyPipeline } from './emergency-pipeline.ts';
import { fixtureBackup } from './fixture-backup.ts';
import { makeBackup } from './make-backup.ts';
import type { Manifest } from './manifest.ts';
import { runProgram } from './run-program.ts';
import { SAMPLE } from './sample-spec.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { unseal } from './scrypt-container.ts';
import type { BackupSpec } from './backup-spec.ts';

/** Recovers by the documented pipeline; gives the differences from the manifest. */
async function recover(folder: string, archive: string, manifest: Manifest) {
  const work = join(folder, 'recovered');
  await mkdir(work);
  const { passphrase } = manifest;
  const out = await emergencyPipeline({ archive, passphrase, folder: work });
  return (await compareWithManifest(out, manifest, AS_IN_BACKUP)).differences;
}

test('the emergency pipeline recovers v4-multichunk, written by Qubes OS', async (t) => {
  const { path, manifest } = await fixtureBackup('v4-multichunk');
  t.deepEqual(await recover(await temporaryFolder(t), path, manifest), []);
});

const VOLUMES = SAMPLE.qubes.slice(0, 2).map(({ name, volumes = {} }) => ({ name, volumes }));

const variants: Record<string, BackupSpec> = {
  'PAX 1.0 sparse images, zstd and chunks of 40000 bytes': {
    qubes: VOLUMES,
    sparse: 'pax-1.0',
    compression: 'zstd',
    chunkSize: 40_000,
  },
  'PAX 0.1 and 0.0 sparse images, no compression and a passphrase beyond ASCII': {
    qubes: VOLUMES,
    sparse: (file) => (file.includes('root') ? 'pax-0.1' : 'pax-0.0'),
    compression: 'none',
    passphrase: 'žluťoučký kůň 🔑',
  },
  'xz and costs that differ from member to member': {
    qubes: [{ name: 'work', notes: 'x' }],
    compression: 'xz',
    kdf: (member) => ({ logN: 10, r: member.length % 8 || 1, p: (member.length % 3) + 1 }),
  },
};

for (const [what, spec] of Object.entries(variants)) {
  test(`the emergency pipeline recovers a made backup with ${what}`, async (t) => {
    const folder = await temporaryFolder(t);
    const { path, manifest } = await makeBackup(folder, spec);
    t.deepEqual(await recover(folder, path, manifest), []);
  });
}

test('a made backup is laid out as Qubes does it and recovered by the emergency pipeline', async (t) => {
  const folder = await temporaryFolder(t);
  const { path, manifest } = await makeBackup(folder, SAMPLE);
  const { text } = await runProgram('tar', ['-tif', path], { mustSucceed: true });
  t.deepEqual(
    text.trim().split('\n'),
    manifest.outer_members.map(([name]) => name),
  );
  t.deepEqual(text.trim().split('\n'), [
    'backup-header',
    'backup-header.hmac',
    'qubes.xml.000.enc',
    'vm2/root.img.000.enc',
    'vm2/private.img.000.enc',
    'vm3/empty.000.enc',
    'vm1/private.img.000.enc',
    'vm1/whitelisted-appmenus.list.000.enc',
    'vm1/firewall.xml.000.enc',
    'vm1/notes.txt.000.enc',
    'dom0-home/user.000.enc',
  ]);
  t.is((await stat(path)).size % 10240, 0);
  t.deepEqual(await recover(folder, path, manifest), []);
});

test('a stream of exactly two chunks gets a third of zero length', async (t) => {
  const folder = await temporaryFolder(t);
  const spec: BackupSpec = {
    qubes: [{ name: 'work', notes: 'x' }],
    compression: 'none',
    chunkSize: 5120,
  };
  const { manifest } = await makeBackup(folder, spec);
  t.deepEqual(manifest.outer_members.slice(-3), [
    ['vm1/notes.txt.000.enc', 5248],
    ['vm1/notes.txt.001.enc', 5248],
    ['vm1/notes.txt.002.enc', 128],
  ]);
});

test('a volume of 2 TiB with little data is made in a moment', async (t) => {
  const folder = await temporaryFolder(t);
  const size = 2 * 1024 ** 4;
  const extents = [{ offset: size - 8192, bytes: new Uint8Array(4096).fill(7) }];
  const { path, manifest } = await makeBackup(folder, {
    qubes: [{ name: 'big', volumes: { private: { size, extents } } }],
  });
  t.true((await stat(path)).size < 100_000);
  t.deepEqual(manifest.vms['big']?.volumes['private'], { size });
  t.deepEqual(await recover(folder, path, manifest), []);
});

test('a backup sealed by the scrypt program opens the same as one sealed by Node', async (t) => {
  const folder = await temporaryFolder(t);
  const spec: BackupSpec = { qubes: [{ name: 'work', notes: 'hello' }], sealWith: 'program' };
  const { path, manifest, seal } = await makeBackup(folder, spec);
  t.deepEqual(await recover(folder, path, manifest), []);
  const members = join(folder, 'recovered', 'members');
  const sealed = await readFile(join(members, 'backup-header.hmac'));
  const plain = await unseal(sealed, `backup-header!${seal.passphrase}`);
  t.deepEqual(Buffer.from(plain), await readFile(join(members, 'backup-header')));
  await t.throwsAsync(unseal(sealed, 'backup-header!wrong'), { message: /MAC/ });
});

test('what is missing or differs from the manifest is named', async (t) => {
  const folder = await temporaryFolder(t);
  const image = { size: 8192, extents: [] };
  const qube = { name: 'work', notes: 'two\nlines', volumes: { private: image } };
  const { manifest } = await makeBackup(folder, { qubes: [qube] });
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'work', 'private.img'), new Uint8Array(4096));
  t.deepEqual(await compareWithManifest(folder, manifest, AS_EXTRACTED), {
    compared: 3,
    differences: [
      'work/private.img: 4096 instead of 8192',
      `work/private.img: ${sha256(new Uint8Array(4096))} instead of ${sha256(new Uint8Array(8192))}`,
      'work/notes.txt: missing instead of two\nlines',
    ],
  });
});
