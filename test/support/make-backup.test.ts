import { mkdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { AS_IN_BACKUP, compareWithManifest } from './check-recovered.ts';
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

for (const name of ['v4-multichunk', 'v4-zstd'] as const) {
  test(`the emergency pipeline recovers ${name}, written by Qubes OS`, async (t) => {
    const { path, manifest } = await fixtureBackup(name);
    t.deepEqual(await recover(await temporaryFolder(t), path, manifest), []);
  });
}

const variants: Record<string, BackupSpec> = {
  'GNU sparse images, gzip and a home folder': SAMPLE,
  'PAX 1.0 sparse images, zstd and chunks of 40000 bytes': {
    qubes: SAMPLE.qubes,
    sparse: 'pax-1.0',
    compression: 'zstd',
    chunkSize: 40_000,
  },
  'PAX 0.1 and 0.0 sparse images, no compression and a passphrase beyond ASCII': {
    qubes: SAMPLE.qubes,
    sparse: (file) => (file.includes('root') ? 'pax-0.1' : 'pax-0.0'),
    compression: 'none',
    passphrase: 'žluťoučký kůň 🔑',
  },
  'xz and costs that differ from member to member': {
    qubes: SAMPLE.qubes.slice(0, 1),
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

test('a made backup has the members of its manifest, padded as tar pads them', async (t) => {
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
  const { path, manifest } = await makeBackup(folder, SAMPLE);
  t.deepEqual(await recover(folder, path, manifest), []);
  const out = join(folder, 'recovered', 'out');
  await rm(join(out, 'vm1/notes.txt'));
  await truncate(join(out, 'vm2/private.img'), 4096);
  const { differences } = await compareWithManifest(out, manifest, AS_IN_BACKUP);
  t.deepEqual(differences.map((line) => line.replace(/(: \w+).*/s, '$1')).slice(0, 2), [
    'vm2/private.img: 4096',
    `vm2/private.img: ${sha256(new Uint8Array(4096))}`,
  ]);
  t.is(differences[2], 'vm1/notes.txt: missing instead of two lines\nof notes');
});
