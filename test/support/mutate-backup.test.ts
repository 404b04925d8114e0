import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  dataOf,
  hostileMember,
  joined,
  readMembers,
  renamed,
  splitArchive,
  writeMembers,
  type ArchiveMember,
} from './archive-member.ts';
import { sha256 } from './content.ts';
import { FORMAT_3_FIXTURES, FORMAT_4_FIXTURES, fixtureBackup } from './fixture-backup.ts';
import { makeBackup } from './make-backup.ts';
import {
  boundaries,
  changed,
  contentsSwapped,
  flipped,
  memberNamed,
  placesSwapped,
  resealed,
  type MemberPart,
} from './mutate-backup.ts';
import { runProgram } from './run-program.ts';
import { tarArchive } from './tar-member.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { unseal } from './scrypt-container.ts';

const MULTICHUNK = await fixtureBackup('v4-multichunk');
const ROOT_0 = 'vm2/root.img.000.enc';
const ROOT_1 = 'vm2/root.img.001.enc';

function secretOf(name: string): string {
  const { header, passphrase } = MULTICHUNK.manifest;
  return `${header['backup-id'] ?? ''}!${name.replace(/\.enc$/, '')}!${passphrase}`;
}

for (const name of [...FORMAT_4_FIXTURES, ...FORMAT_3_FIXTURES]) {
  test(`${name} is taken apart into the members of its manifest and joined again`, async (t) => {
    const { path, manifest } = await fixtureBackup(name);
    const members = await readMembers(path);
    t.deepEqual(
      members.map((member) => [member.name, member.size]),
      manifest.outer_members,
    );
    t.is(sha256(joined(members)), sha256(await readFile(path)));
  });
}

const PARTS: readonly MemberPart[] = [
  ...(['magic', 'version', 'params', 'salt', 'checksum'] as const),
  ...(['header-mac', 'body', 'mac'] as const),
];

for (const part of PARTS) {
  test(`a bit flipped in the ${part} of a chunk is refused by the scrypt program`, async (t) => {
    const folder = await temporaryFolder(t);
    const member = memberNamed(await readMembers(MULTICHUNK.path), ROOT_0);
    const secret = join(folder, 'secret');
    await writeFile(secret, secretOf(ROOT_0));
    const decrypt = (sealed: Uint8Array) =>
      runProgram('scrypt', ['dec', '-f', '--passphrase', `file:${secret}`, '-'], {
        input: sealed,
      });
    t.is((await decrypt(dataOf(member))).exitCode, 0);
    t.not((await decrypt(dataOf(flipped(member, part, 3)))).exitCode, 0);
  });
}

test('a flip changes exactly one bit of the data, wherever it is', async (t) => {
  const member = memberNamed(await readMembers(MULTICHUNK.path), ROOT_1);
  fc.assert(
    fc.property(fc.constantFrom(...PARTS), fc.nat(), (part, at) => {
      const other = dataOf(flipped(member, part, at));
      const bits = dataOf(member).map((byte, i) => byte ^ (other[i] ?? 0));
      return bits.filter(Boolean).length === 1 && bits.some((byte) => byte === 1);
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('a changed name is a sound header for tar, a changed header is not', async (t) => {
  const member = memberNamed(await readMembers(MULTICHUNK.path), ROOT_0);
  const list = (raw: Uint8Array) => runProgram('tar', ['-tf', '-'], { input: raw });
  const named = flipped(member, 'name', 2);
  t.is((await list(named.raw)).text, `${named.name}\n`);
  t.not(named.name, member.name);
  t.not((await list(flipped(member, 'tar-header').raw)).exitCode, 0);
});

test('members are dropped, repeated, renamed and swapped', async (t) => {
  const members = await readMembers(MULTICHUNK.path);
  const at = members.findIndex(({ name }) => name === ROOT_0);
  const names = (of: readonly ArchiveMember[]) => of.slice(at, at + 3).map(({ name }) => name);
  t.deepEqual(names(members), [ROOT_0, ROOT_1, 'vm2/private.img.000.enc']);
  t.deepEqual(names(changed(members, ROOT_0, () => [])).slice(0, 1), [ROOT_1]);
  t.deepEqual(names(changed(members, ROOT_0, (m) => [m, m])), [ROOT_0, ROOT_0, ROOT_1]);
  t.deepEqual(names(placesSwapped(members, ROOT_0, ROOT_1)).slice(0, 2), [ROOT_1, ROOT_0]);
  const swapped = contentsSwapped(members, ROOT_0, ROOT_1);
  t.deepEqual(names(swapped), names(members));
  t.is(sha256(dataOf(memberNamed(swapped, ROOT_0))), sha256(dataOf(memberNamed(members, ROOT_1))));
  const other = renamed(memberNamed(members, ROOT_0), 'vm7/root.img.000.enc');
  t.is(splitArchive(other.raw)[0]?.name, 'vm7/root.img.000.enc');
  t.throws(() => memberNamed(members, 'vm99/root.img.000.enc'), { message: /No vm99/ });
});

test('tar sees the hostile members that were put in', async (t) => {
  const path = join(await temporaryFolder(t), 'hostile');
  const honest = await readMembers(MULTICHUNK.path);
  await writeMembers(path, [
    ...honest.slice(0, 2),
    hostileMember({ name: '../escape', data: Buffer.from('x') }),
    hostileMember({ name: '/absolute' }),
    hostileMember({ name: 'vm1/link', type: '2', linkName: '/etc/passwd' }),
    hostileMember({ name: 'vm1/hard', type: '1', linkName: 'backup-header' }),
    hostileMember({ name: 'vm1/device', type: '3' }),
    hostileMember({ name: 'vm1/pipe', type: '6' }),
    hostileMember({ name: `vm1/${'long'.repeat(100)}`, data: Buffer.from('y') }),
    ...honest.slice(2, 3),
  ]);
  const { text } = await runProgram('tar', ['-tvPif', path], { mustSucceed: true });
  const seen = text.split('\n').map((line) => line.replace(/^(.)\S+ .*?\d\d:\d\d /, '$1 '));
  t.deepEqual(seen.slice(0, 10), [
    '- backup-header',
    '- backup-header.hmac',
    '- ../escape',
    '- /absolute',
    'l vm1/link -> /etc/passwd',
    'h vm1/hard link to backup-header',
    'c vm1/device',
    'p vm1/pipe',
    `- vm1/${'long'.repeat(100)}`,
    '- qubes.xml.000.enc',
  ]);
});

test('every member has boundaries at which its archive can be cut off', async (t) => {
  const archive = await readFile(MULTICHUNK.path);
  const members = splitArchive(archive);
  const places = boundaries(members);
  t.true(places.every(({ offset }) => offset < archive.length));
  t.is(new Set(places.map(({ offset }) => offset)).size, places.length);
  const ofRoot = places.filter(({ what }) => what.endsWith(ROOT_0));
  t.is(ofRoot.length, 10);
  const mac = ofRoot.find(({ what }) => what.startsWith('before the MAC'))?.offset ?? NaN;
  const member = memberNamed(members, ROOT_0);
  t.deepEqual(archive.subarray(mac, mac + 32), Buffer.from(dataOf(member).subarray(-32)));
});

test('a resealed chunk opens with the passphrase and brings the hostile content', async (t) => {
  const folder = await temporaryFolder(t);
  const made = await makeBackup(folder, { qubes: [{ name: 'work', notes: 'honest' }] });
  const hostile = gzipSync(tarArchive({ name: 'vm1/notes.txt', data: Buffer.from('hostile') }));
  const name = 'vm1/notes.txt.000.enc';
  const members = await readMembers(made.path);
  const member = await resealed(memberNamed(members, name), hostile, made.seal);
  const { backupId, passphrase } = made.seal;
  const plain = await unseal(dataOf(member), `${backupId}!vm1/notes.txt.000!${passphrase}`);
  const { text } = await runProgram('tar', ['-xOf', '-'], { input: gunzipSync(plain) });
  t.is(text, 'hostile');
});
