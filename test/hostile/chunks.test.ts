import test from 'ava';
import type { ErrorEvent } from '../../lib/base/report.ts';
import { type ArchiveMember, renamed } from '../support/archive-member.ts';
import { extractHostile } from '../support/attack.ts';
import {
  changed,
  contentsSwapped,
  flipped,
  memberNamed,
  type MemberPart,
  placesSwapped,
} from '../support/mutate-backup.ts';
import { ALL_OK, imagesOf, makeVictim } from '../support/victim.ts';

const VICTIM = await makeVictim();
const OTHER = await makeVictim({ backupId: '20261122T000000-2' });
const MEMBERS = VICTIM.members;

const ALPHA = 'vm1/private.img.000.enc';
const GAMMA = 'vm3/private.img.000.enc';
const beta = (number: number): string => `vm2/private.img.00${number}.enc`;
const LAST = MEMBERS.filter(({ name }) => name.startsWith('vm2/')).length - 1;

interface Case {
  readonly what: string;
  readonly archive: readonly ArchiveMember[];
  /** The first error. */
  readonly error: Partial<ErrorEvent> & { readonly says: RegExp };
  /** Parts that do not come out well. */
  readonly lost: Readonly<Record<string, 'damaged' | 'missing'>>;
}

const damagedBeta = { 'beta:private': 'damaged' } as const;
const atBeta = { qube: 'beta', part: 'private', file: 'vm2/private.img' } as const;

const FLIPS: readonly (readonly [MemberPart, string, RegExp])[] = [
  ['magic', 'key', /does not begin as an encrypted chunk does/],
  ['version', 'key', /does not begin as an encrypted chunk does/],
  ['params', 'key', /the checksum of its key header is wrong/],
  ['salt', 'key', /the checksum of its key header is wrong/],
  ['checksum', 'key', /the checksum of its key header is wrong/],
  ['header-mac', 'key', /foreign: its key header was not made for this place/],
  ['body', 'mac', /its data does not match its MAC/],
  ['mac', 'mac', /its data does not match its MAC/],
];

const CASES: readonly Case[] = [
  ...FLIPS.map(([part, stage, says]) => ({
    what: `a bit flipped in the ${part} of a chunk`,
    archive: changed(MEMBERS, beta(1), (member) => [flipped(member, part, 5)]),
    error: { ...atBeta, chunk: 1, stage, says },
    lost: damagedBeta,
  })),
  {
    what: 'two chunks that changed places',
    archive: placesSwapped(MEMBERS, beta(1), beta(2)),
    error: { ...atBeta, chunk: 2, stage: 'order', says: /chunk 1 is missing, chunk 2 stands in/ },
    lost: damagedBeta,
  },
  {
    what: 'two chunks that changed contents',
    archive: contentsSwapped(MEMBERS, beta(1), beta(2)),
    error: { ...atBeta, chunk: 1, stage: 'key', says: /foreign/ },
    lost: damagedBeta,
  },
  {
    what: 'a chunk with the content of another file',
    archive: contentsSwapped(MEMBERS, ALPHA, GAMMA),
    error: { qube: 'alpha', chunk: 0, stage: 'key', says: /foreign/ },
    lost: { 'alpha:private': 'damaged', 'gamma:private': 'damaged' },
  },
  {
    what: 'a chunk of another backup with the same passphrase',
    archive: changed(MEMBERS, beta(1), () => [memberNamed(OTHER.members, beta(1))]),
    error: { ...atBeta, chunk: 1, stage: 'key', says: /foreign/ },
    lost: damagedBeta,
  },
  {
    what: 'a chunk repeated in its place',
    archive: changed(MEMBERS, beta(1), (member) => [member, member]),
    error: { ...atBeta, chunk: 1, stage: 'order', says: /chunk 1 comes again/ },
    lost: damagedBeta,
  },
  {
    what: 'a chunk repeated at the end of the archive',
    archive: [...MEMBERS, memberNamed(MEMBERS, ALPHA)],
    error: { qube: 'alpha', chunk: 0, stage: 'order', says: /stands behind another file's/ },
    lost: { 'alpha:private': 'damaged' },
  },
  {
    what: "a chunk repeated between another file's chunks, which stay whole",
    archive: changed(MEMBERS, beta(1), (member) => [memberNamed(MEMBERS, ALPHA), member]),
    error: { qube: 'alpha', chunk: 0, stage: 'order', says: /stands behind another file's/ },
    lost: { 'alpha:private': 'damaged' },
  },
  {
    what: 'the first chunk missing',
    archive: changed(MEMBERS, beta(0), () => []),
    error: { ...atBeta, chunk: 1, stage: 'order', says: /chunk 0 is missing/ },
    lost: damagedBeta,
  },
  {
    what: 'a chunk in the middle missing',
    archive: changed(MEMBERS, beta(1), () => []),
    error: { ...atBeta, chunk: 2, stage: 'order', says: /chunk 1 is missing/ },
    lost: damagedBeta,
  },
  {
    what: 'the last chunk missing',
    archive: changed(MEMBERS, beta(LAST), () => []),
    error: { ...atBeta, stage: 'decompress', says: /cannot be decompressed: unexpected end/ },
    lost: damagedBeta,
  },
  {
    what: 'a file missing',
    archive: changed(MEMBERS, GAMMA, () => []),
    error: { qube: 'gamma', part: 'private', stage: 'order', says: /should be in the backup/ },
    lost: { 'gamma:private': 'missing' },
  },
  {
    what: 'two files whose chunks are interleaved',
    archive: changed(
      changed(MEMBERS, GAMMA, () => []),
      beta(0),
      (member) => [member, memberNamed(MEMBERS, GAMMA)],
    ),
    error: { ...atBeta, says: /unexpected end|not in order/ },
    lost: damagedBeta,
  },
  {
    what: 'a chunk under the number of another',
    archive: changed(MEMBERS, beta(1), (member) => [renamed(member, beta(1).replace('1', '7'))]),
    error: { ...atBeta, chunk: 7, stage: 'order', says: /chunk 1 is missing, chunk 7 stands/ },
    lost: damagedBeta,
  },
];

test('an honest archive is extracted whole', async (t) => {
  const { exitCode, parts, images } = await extractHostile(t, MEMBERS);
  t.is(exitCode, 0);
  t.deepEqual(parts, ALL_OK);
  t.deepEqual(images, imagesOf(VICTIM));
});

for (const { what, archive, error, lost } of CASES) {
  test(`${what}: that part is told and not written, the others are recovered`, async (t) => {
    const { exitCode, parts, images, errors, summary } = await extractHostile(
      t,
      archive,
      '--jobs',
      '2',
    );
    t.is(exitCode, 5);
    t.is(summary?.exitCode, 5);
    const { says, ...facts } = error;
    t.regex(errors[0]?.message ?? '', says);
    t.like(errors[0], { code: 'damaged', ...facts });
    t.deepEqual(parts, { ...ALL_OK, ...lost });
    const good = Object.entries(imagesOf(VICTIM)).filter(
      ([path]) => !(path.replace('/', ':').replace('.img', '') in lost),
    );
    t.deepEqual(images, Object.fromEntries(good));
  });
}
