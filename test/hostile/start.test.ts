import { gzipSync } from 'node:zlib';
import test from 'ava';
import { MiB } from '../../lib/base/size.ts';
import { type ArchiveMember, dataOf, memberOf } from '../support/archive-member.ts';
import { extractHostile, hostileFolder, restore } from '../support/attack.ts';
import { changed, flipped, memberNamed, resealed } from '../support/mutate-backup.ts';
import { sealHeader } from '../support/sealed-file.ts';
import { tarArchive, tarMember } from '../support/tar-member.ts';
import { makeVictim } from '../support/victim.ts';
import { dear } from '../support/dear.ts';

const VICTIM = await makeVictim();
const OTHER = await makeVictim({ backupId: '20261122T000000-2' });
const MEMBERS = VICTIM.members;
const XML = 'qubes.xml.000.enc';
const HMAC = 'backup-header.hmac';
const GENUINE = Buffer.from(dataOf(memberNamed(MEMBERS, 'backup-header'))).toString();

/** The victim with another header, which is proven genuine. */
async function withHeader(text: string): Promise<ArchiveMember[]> {
  const data = Buffer.from(text, 'latin1');
  const header = memberOf({ name: 'backup-header', data });
  const proof = memberOf(await sealHeader(data, VICTIM.seal));
  return changed(
    changed(MEMBERS, 'backup-header', () => [header]),
    HMAC,
    () => [proof],
  );
}

/** The victim with another qubes.xml, sealed as its own. */
async function withXml(xml: Uint8Array | string, inner = 'qubes.xml'): Promise<ArchiveMember[]> {
  const tar = tarArchive({ name: inner, data: Buffer.from(xml) });
  const member = await resealed(memberNamed(MEMBERS, XML), gzipSync(tar), VICTIM.seal);
  return changed(MEMBERS, XML, () => [member]);
}

const domain = (name: string, id = 1): string =>
  `<domain id="domain-${id}" class="AppVM"><properties><property name="name">${name}</property>` +
  '<property name="label">red</property></properties><features>' +
  `<feature name="backup-content">1</feature><feature name="backup-path">vm${id}</feature>` +
  '</features></domain>';
const document = (domains: string): string =>
  '<qubes><labels><label id="label-1" color="0xcc0000">red</label></labels>' +
  `<domains>${domains}</domains></qubes>`;

const NOT_READABLE: readonly (readonly [string, readonly ArchiveMember[] | Uint8Array, RegExp])[] =
  [
    ['an empty file', new Uint8Array(0), /it ends where backup-header should be/],
    ['a file of zeros', new Uint8Array(MiB), /it ends where backup-header should be/],
    ['a file of text', Buffer.alloc(3000, 'no backup '), /it is no tar archive/],
    [
      'a tar archive of something else',
      tarArchive({ name: 'README', data: Buffer.from('x') }),
      /This is not a Qubes backup: backup-header is not where it should be/,
    ],
    [
      'a header that is a link',
      [memberOf({ name: 'x', data: new Uint8Array(0) })].map((member) => ({
        ...member,
        raw: tarMember({ name: 'backup-header', type: '2', linkName: '/etc/passwd' }),
      })),
      /backup-header is not where it should be/,
    ],
    [
      'a header with a key twice',
      await withHeader(`${GENUINE}version=4\n`),
      /"version" stands there twice/,
    ],
    [
      'a header of an unknown version',
      await withHeader(GENUINE.replace('version=4', 'version=9')),
      /"version" is not supported/,
    ],
    [
      'a header with a program of its own as filter',
      await withHeader(GENUINE.replace('=gzip', '=rm')),
      /"rm" is not a known compression filter/,
    ],
    [
      'a header with a path as filter',
      await withHeader(GENUINE.replace('=gzip', '=/bin/sh')),
      /"compression-filter" has characters that do not belong there/,
    ],
    ['a header that is not ASCII', await withHeader(`${GENUINE}caf\xe9=1\n`), /not ASCII text/],
    [
      'a header that steers terminals',
      await withHeader(`${GENUINE}\x1b]0;owned\x07=1\n`),
      /not ASCII text/,
    ],
    [
      'an oversized header',
      await withHeader(GENUINE + 'x=1\n'.repeat(2000)),
      /backup-header has \d+ bytes, more than 4096/,
    ],
    [
      'the header of another backup with the same passphrase, its proof not',
      changed(MEMBERS, 'backup-header', () => [memberNamed(OTHER.members, 'backup-header')]),
      /Cannot believe the backup header: it is not the header that was written with this backup/,
    ],
    [
      'the header and proof of another backup with the same passphrase',
      changed(
        changed(MEMBERS, 'backup-header', () => [memberNamed(OTHER.members, 'backup-header')]),
        HMAC,
        () => [memberNamed(OTHER.members, HMAC)],
      ),
      /qubes\.xml: The chunk is foreign/,
    ],
    [
      'a proof with a flipped bit in its data',
      changed(MEMBERS, HMAC, (member) => [flipped(member, 'body')]),
      /backup-header\.hmac is damaged/,
    ],
    [
      'a proof with a flipped bit in its parameters',
      changed(MEMBERS, HMAC, (member) => [flipped(member, 'params')]),
      /backup-header\.hmac is damaged \(checksum\)/,
    ],
    ['no qubes.xml', changed(MEMBERS, XML, () => []), /qubes\.xml does not follow its header/],
    [
      'qubes.xml twice',
      changed(MEMBERS, XML, (member) => [member, member]),
      /qubes\.xml: The file's chunks are not in order: chunk 0 comes again/,
    ],
    [
      'a damaged qubes.xml',
      changed(MEMBERS, XML, (member) => [flipped(member, 'body')]),
      /qubes\.xml: The chunk is damaged/,
    ],
    ['another file in the place of qubes.xml', await withXml('<qubes/>', 'x'), /it holds "x"/],
    [
      'a DOCTYPE in qubes.xml',
      await withXml('<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><qubes>&b;</qubes>'),
      /a DOCTYPE, which no Qubes file has/,
    ],
    ['two roots in qubes.xml', await withXml('<qubes/><qubes/>'), /more than one root element/],
    ['a NUL in qubes.xml', await withXml('<qubes>\0</qubes>'), /a character that XML forbids/],
    ['an empty qubes.xml', await withXml(''), /no root element/],
    [
      'a qube called ../x',
      await withXml(document(domain('../x'))),
      /qube "\.\.\/x": name is not the name of a qube/,
    ],
    [
      'two qubes of one name',
      await withXml(document(domain('work', 1) + domain('work', 2))),
      /qube "work" stands there twice/,
    ],
    [
      'two qubes in one place',
      await withXml(document(domain('work', 1) + domain('other', 1))),
      /qube "other" shares its place vm1 with "work"/,
    ],
    [
      'a qube called dom0',
      await withXml(document(domain('dom0'))),
      /qube "dom0" is said to be of class AppVM/,
    ],
  ];

for (const [what, archive, says] of NOT_READABLE) {
  test(`${what}: not readable, told why, nothing written`, async (t) => {
    const { exitCode, errors, parts, stderr } = await extractHostile(t, archive);
    t.regex(errors[0]?.message ?? '', says);
    t.is(errors.length, 1);
    t.is(errors[0]?.code, 'not-readable');
    t.is(exitCode, 3);
    t.deepEqual(parts, {});
    t.is(stderr, '');
  });
}

test('a wrong passphrase has its own exit status, at once', async (t) => {
  const folder = await hostileFolder(t, MEMBERS);
  const args = ['verify', 'archive', '--passphrase-file', 'archive'];
  const { exitCode, errors, milliseconds } = await restore(args, { cwd: folder });
  t.is(exitCode, 4);
  t.is(errors.length, 1);
  t.is(errors[0]?.code, 'wrong-passphrase');
  t.true(milliseconds < 5000);
});

/** What no machine can pay, and what makes no sense at all. */
const COSTS = [
  { cost: { logN: 40, r: 8, p: 1 }, code: 'needs', says: /takes 1\.0 PiB of memory/ },
  { cost: { logN: 10, r: 2 ** 27, p: 1 }, code: 'needs', says: /takes 16\.0 TiB of memory/ },
  { cost: { logN: 10, r: 1, p: 2 ** 29 }, code: 'needs', says: /of memory|cost N·r·p/ },
  { cost: { logN: 20, r: 8, p: 4000 }, code: 'needs', says: /cost N·r·p = \d+/ },
  { cost: { logN: 255, r: 8, p: 1 }, code: 'damaged', says: /parameters make no sense/ },
  { cost: { logN: 10, r: 0, p: 1 }, code: 'damaged', says: /parameters make no sense/ },
] as const;

for (const { cost, code, says } of COSTS) {
  const what = `a key of logN ${cost.logN}, r ${cost.r}, p ${cost.p}`;
  test(`${what} is not derived, neither for the start nor for one chunk`, async (t) => {
    for (const name of cost.logN === 40 ? [HMAC, XML] : [HMAC]) {
      const archive = changed(MEMBERS, name, (member) => [dear(member, cost)]);
      const { exitCode, errors, milliseconds } = await extractHostile(t, archive);
      t.regex(errors[0]?.message ?? '', says, name);
      t.true(milliseconds < 5000);
      t.is(exitCode, code === 'needs' ? 6 : 3, name);
    }
    const name = 'vm2/private.img.001.enc';
    const archive = changed(MEMBERS, name, (member) => [dear(member, cost)]);
    const { exitCode, errors, parts } = await extractHostile(t, archive);
    t.like(errors[0], { code, qube: 'beta', chunk: 1, stage: 'key' });
    t.regex(errors[0]?.message ?? '', says);
    t.is(exitCode, code === 'needs' ? 6 : 5);
    t.like(parts, { 'alpha:private': 'ok', 'beta:private': 'damaged', 'gamma:private': 'ok' });
  });
}

for (const [limit, value] of [
  ['--max-kdf-memory', '1K'],
  ['--max-kdf-cost', '1'],
  ['--memory', '1M'],
] as const) {
  test(`${limit} that is too small for the backup is named`, async (t) => {
    const { exitCode, errors } = await extractHostile(t, MEMBERS, limit, value);
    t.is(exitCode, 6);
    t.regex(errors[0]?.hint ?? '', new RegExp(limit));
  });
}
