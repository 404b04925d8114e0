import test from 'ava';
import { readInfo } from '../../lib/archive/open-backup.ts';
import { streamSource } from '../../lib/archive/outer/source.ts';
import { NotReadableError } from '../../lib/base/errors.ts';
import { printable } from '../../lib/base/printable.ts';
import { dataOf, hostileMember, joined } from '../support/archive-member.ts';
import { extractHostile } from '../support/attack.ts';
import { inBlocks } from '../support/bytes.ts';
import { changed, flipped } from '../support/mutate-backup.ts';
import type { TarMemberSpec } from '../support/tar-member.ts';
import { ALL_OK, imagesOf, makeVictim } from '../support/victim.ts';

const VICTIM = await makeVictim();
const MEMBERS = VICTIM.members;
const data = Buffer.from('hostile');

const HOSTILE: readonly (readonly [string, TarMemberSpec])[] = [
  ['a path that climbs out', { name: '../escape', data }],
  ['a path that climbs out of a qube', { name: 'vm1/../../escape.img.000.enc', data }],
  ['an absolute path', { name: '/tmp/qubes-rpc-escape', data }],
  ['a symbolic link', { name: 'vm1/private.img.000.enc', type: '2', linkName: '/etc/passwd' }],
  ['a link', { name: 'vm1/private.img.000.enc', type: '1', linkName: 'backup-header' }],
  ['a character device', { name: 'vm1/private.img.000.enc', type: '3' }],
  ['a block device', { name: 'vm1/private.img.000.enc', type: '4' }],
  ['a fifo', { name: 'vm1/private.img.000.enc', type: '6' }],
  ['a folder', { name: 'vm1/private.img.000.enc/', type: '5' }],
  ['an overlong name', { name: `vm1/${'long/'.repeat(2000)}x.img.000.enc`, data }],
  ['a name that steers terminals', { name: 'vm1/\x1b[2J\x07.000.enc', data }],
  ['a name of no qube', { name: 'vm77/private.img.000.enc', data }],
  ['an unencrypted chunk', { name: 'vm1/private.img.000', data }],
  ['a second header', { name: 'backup-header', data }],
];

for (const [what, spec] of HOSTILE) {
  test(`${what} before the header: not a backup`, async (t) => {
    const archive = joined([hostileMember(spec), ...MEMBERS]);
    await t.throwsAsync(readInfo(streamSource(inBlocks(archive, 4096), 'a stream')), {
      instanceOf: NotReadableError,
      message: /not a Qubes backup|Cannot read the backup header/,
    });
  });
}

test('strangers among the chunks are named one by one and left out, all parts recovered', async (t) => {
  const strangers = HOSTILE.map(([, spec]) => hostileMember(spec));
  const archive = changed(MEMBERS, 'vm2/private.img.000.enc', (member) => [...strangers, member]);
  const { exitCode, errors, parts, images } = await extractHostile(t, archive);
  t.is(exitCode, 5);
  t.is(errors.length, strangers.length);
  for (const [index, [what, { name }]] of HOSTILE.entries()) {
    t.like(errors[index], { code: 'damaged', stage: 'name' }, what);
    const message = errors[index]?.message ?? '';
    t.regex(message, /^The archive holds "[ -~]+…?", which was left out: /, what);
    t.true(message.includes(printable(name).slice(0, 40)), what);
  }
  t.deepEqual(parts, ALL_OK);
  t.deepEqual(images, imagesOf(VICTIM));
});

test('a stranger between two chunks of a file does not part them', async (t) => {
  const stranger = hostileMember({ name: '../escape', data });
  const archive = changed(MEMBERS, 'vm2/private.img.001.enc', (member) => [stranger, member]);
  const { exitCode, parts } = await extractHostile(t, archive);
  t.is(exitCode, 5);
  t.deepEqual(parts, ALL_OK);
});

test('a stranger between header, proof and metadata: not readable', async (t) => {
  for (const name of ['backup-header.hmac', 'qubes.xml.000.enc']) {
    const stranger = hostileMember({ name: '../escape', data });
    const archive = changed(MEMBERS, name, (member) => [stranger, member]);
    const { exitCode, errors } = await extractHostile(t, archive);
    t.is(exitCode, 3);
    t.regex(errors[0]?.message ?? '', /not where it should be|does not follow its header/);
  }
});

test('an archive full of strangers ends the run before it fills the report', async (t) => {
  const stranger = hostileMember({ name: 'x', data });
  const strangers = Array.from({ length: 500 }, () => stranger);
  const { exitCode, errors } = await extractHostile(t, [...MEMBERS, ...strangers]);
  t.is(exitCode, 3);
  t.regex(errors.at(-1)?.message ?? '', /more than 100 members that do not belong there/);
  t.true(errors.length <= 101);
});

test('a member that claims more than the archive has is cut off, the others are recovered', async (t) => {
  const archive = changed(MEMBERS, 'vm3/private.img.000.enc', (member) => [
    hostileMember({ name: member.name, claimedSize: 2 ** 32, data: dataOf(member) }),
  ]);
  const { exitCode, errors, parts } = await extractHostile(t, archive);
  t.is(exitCode, 5);
  t.regex(errors[0]?.message ?? '', /The chunk is cut off: \d+ of 4294967296 bytes are there/);
  t.deepEqual(parts, { ...ALL_OK, 'gamma:private': 'damaged' });
});

test('a broken tar header ends the archive there, what came before is recovered', async (t) => {
  const archive = changed(MEMBERS, 'vm3/private.img.000.enc', (member) => [
    flipped(member, 'tar-header'),
  ]);
  const { exitCode, errors, parts } = await extractHostile(t, archive);
  t.is(exitCode, 5);
  t.regex(errors[0]?.message ?? '', /Cannot read the archive past byte \d+: broken tar header/);
  t.deepEqual(parts, { ...ALL_OK, 'gamma:private': 'missing' });
});
