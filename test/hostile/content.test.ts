import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import test from 'ava';
import { GiB, KiB, MiB } from '../../lib/base/size.ts';
import type { ArchiveMember } from '../support/archive-member.ts';
import { extractHostile, hostileFolder, startRestore } from '../support/attack.ts';
import { collect } from '../support/bytes.ts';
import { changed, memberNamed, resealed } from '../support/mutate-backup.ts';
import { tarArchive, tarMember, type TarMemberSpec } from '../support/tar-member.ts';
import { ALL_OK, makeVictim } from '../support/victim.ts';

const VICTIM = await makeVictim({ home: [{ path: 'file', content: 'x' }] });
const MEMBERS = VICTIM.members;
const IMAGE = 'vm3/private.img';
const XML = 'qubes.xml';
const HOME = 'dom0-home/user';
const data = Buffer.alloc(512, 'd');

/** The victim with other compressed data in the place of a file of one chunk. */
async function withData(file: string, packed: Uint8Array): Promise<ArchiveMember[]> {
  const name = `${file}.000.enc`;
  const member = await resealed(memberNamed(MEMBERS, name), packed, VICTIM.seal);
  return changed(MEMBERS, name, () => [member]);
}

const withTar = (...entries: readonly TarMemberSpec[]): Promise<ArchiveMember[]> =>
  withData(IMAGE, gzipSync(tarArchive(...entries)));

/** A PAX 1.0 sparse image with this map. */
function sparse(size: number, numbers: readonly number[], stored: Uint8Array): TarMemberSpec {
  const map = Buffer.alloc(512);
  map.write(`${[numbers.length / 2, ...numbers].join('\n')}\n`);
  return {
    name: 'vm3/GNUSparseFile.1/private.img',
    data: Buffer.concat([map, stored]),
    pax: {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': IMAGE,
      'GNU.sparse.realsize': `${size}`,
    },
  };
}

/** gzip of `size` zeros, a thousandth of that. */
async function bomb(size: number, before: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> {
  const gzip = createGzip({ level: 1 });
  const packed = collect(gzip);
  gzip.write(before);
  const zeros = Buffer.alloc(MiB);
  for (let left = size; left > 0; left -= MiB) {
    if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  return await packed;
}

const HONEST = tarArchive({ name: IMAGE, data });
const GZIP = gzipSync(HONEST);
const wrongCrc = Uint8Array.from(GZIP);
wrongCrc[wrongCrc.length - 6] = (wrongCrc[wrongCrc.length - 6] ?? 0) ^ 1;

const CASES: readonly (readonly [string, Promise<ArchiveMember[]>, string, RegExp])[] = [
  [
    'two files in one',
    withTar({ name: IMAGE, data }, { name: 'x', data }),
    'tar',
    /also holds "x"/,
  ],
  ['a wrong name', withTar({ name: '../../x', data }), 'tar', /it holds "\.\.\/\.\.\/x"/],
  ['no file at all', withTar(), 'tar', /it is empty/],
  ...(
    [
      ['a symlink', '2', /it holds a symlink, not a file/],
      ['a hardlink', '1', /it holds a hardlink, not a file/],
      ['a folder', '5', /it holds a directory, not a file/],
      ['a device', '3', /an entry is neither file, folder nor link/],
      ['a fifo', '6', /an entry is neither file, folder nor link/],
    ] as const
  ).map(
    ([what, type, says]) =>
      [what, withTar({ name: IMAGE, type, linkName: '/etc/passwd' }), 'tar', says] as const,
  ),
  [
    'a map of holes that overlaps',
    withTar(sparse(4096, [0, 512, 256, 512], Buffer.alloc(1024))),
    'tar',
    /overlaps itself or runs backwards/,
  ],
  [
    'a map of holes that runs backwards',
    withTar(sparse(4096, [2048, 512, 0, 512], Buffer.alloc(1024))),
    'tar',
    /overlaps itself or runs backwards/,
  ],
  [
    'a map of holes beyond its file',
    withTar(sparse(4096, [8192, 512], Buffer.alloc(512))),
    'tar',
    /goes beyond the end of its file/,
  ],
  [
    'a map of holes that lies about what is stored',
    withTar(sparse(GiB, [0, 512 * MiB], Buffer.alloc(512))),
    'tar',
    /tells of 536870912 bytes, but 512 are stored/,
  ],
  [
    'a size that is not there',
    withTar({ name: IMAGE, claimedSize: 2 ** 32, data }),
    'tar',
    /ends in the middle of a file, \d+ bytes are missing/,
  ],
  [
    'trailing junk',
    withData(IMAGE, Buffer.concat([GZIP, data])),
    'decompress',
    /behind the end|header check/,
  ],
  [
    'trailing zeros',
    withData(IMAGE, Buffer.concat([GZIP, Buffer.alloc(512)])),
    'decompress',
    /behind the end/,
  ],
  ['a gzip cut off', withData(IMAGE, GZIP.subarray(0, -9)), 'decompress', /unexpected end of file/],
  ['a wrong CRC', withData(IMAGE, wrongCrc), 'decompress', /incorrect data check/],
  ['no gzip', withData(IMAGE, data), 'decompress', /incorrect header check/],
  ['nothing', withData(IMAGE, new Uint8Array(0)), 'tar', /.|unexpected end of file/],
  [
    'a bomb behind the end of its tar',
    bomb(GiB, HONEST).then((packed) => withData(IMAGE, packed)),
    'tar',
    /it goes on for too long after its end mark/,
  ],
];

const RESOLVED = await Promise.all(
  CASES.map(async ([what, archive, stage, says]) => ({
    what,
    archive: await archive,
    stage,
    says,
  })),
);

for (const { what, archive, stage, says } of RESOLVED) {
  test(`an image with ${what}: damaged at its stage, the others are recovered`, async (t) => {
    const { exitCode, errors, parts } = await extractHostile(t, archive);
    t.is(errors.length, 1);
    t.regex(errors[0]?.message ?? '', says);
    t.like(errors[0], { code: 'damaged', qube: 'gamma', part: 'private', file: IMAGE });
    if (what !== 'nothing') t.is(errors[0]?.stage, stage);
    t.is(exitCode, 5);
    t.deepEqual(parts, { ...ALL_OK, 'gamma:private': 'damaged', 'dom0:home': 'ok' });
  });
}

test('an image said to be larger than any file can be ends that part only', async (t) => {
  const archive = await withTar(sparse(2 ** 52, [0, 512], data));
  const { exitCode, errors, parts } = await extractHostile(t, archive);
  t.is(exitCode, 6);
  t.regex(errors[0]?.message ?? '', /gamma\/private\.img: the file system does not take files of/);
  t.deepEqual(parts, { ...ALL_OK, 'gamma:private': 'damaged', 'dom0:home': 'ok' });
});

for (const [what, entry] of [
  ['a path that climbs out', { name: `${HOME}/../../../x`, data }],
  ['an absolute path', { name: '/tmp/qubes-rpc-escape', data }],
  ['a file behind a link', { name: `${HOME}/link/x`, data }],
  ['a device', { name: `${HOME}/x`, type: '3' }],
] as const) {
  test(`a home with ${what} is refused whole`, async (t) => {
    const home = tarArchive(
      { name: `${HOME}/`, type: '5' },
      { name: `${HOME}/link`, type: '2', linkName: '/tmp' },
      entry,
    );
    const { exitCode, errors, parts } = await extractHostile(
      t,
      await withData(HOME, gzipSync(home)),
    );
    t.is(exitCode, 5);
    t.like(errors[0], { code: 'damaged', qube: 'dom0', part: 'home', stage: 'tar' });
    t.deepEqual(parts, { ...ALL_OK, 'dom0:home': 'damaged' });
  });
}

/** Runs `verify` and watches its memory: MiB at the peak. */
async function verifyWatched(folder: string) {
  const args = ['verify', 'archive', '--passphrase-file', 'pass'];
  const running = await startRestore(args, { cwd: folder });
  let over = false;
  let peak = 0;
  const ended = running.ended.finally(() => (over = true));
  // The callback above changes it, which the rule does not see.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  while (!over) {
    const status = await readFile(`/proc/${running.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / KiB);
    await delay(20);
  }
  return { attack: await ended, peak };
}

const BOMBS: readonly (readonly [string, string, () => Promise<Uint8Array>, number, RegExp])[] = [
  ['qubes.xml', XML, () => bomb(GiB), 3, /qubes\.xml/],
  [
    'the data of qubes.xml',
    XML,
    () => bomb(GiB, tarMember({ name: XML, claimedSize: GiB })),
    3,
    /more than|too large|larger/,
  ],
  [
    'the data of firewall.xml',
    'vm1/firewall.xml',
    () => bomb(GiB, tarMember({ name: 'vm1/firewall.xml', claimedSize: GiB })),
    5,
    /./,
  ],
  [
    'an image of a gibibyte of zeros',
    IMAGE,
    () => bomb(GiB + MiB, tarMember({ name: IMAGE, claimedSize: GiB })),
    0,
    /^$/,
  ],
];

for (const [what, file, packed, status, says] of BOMBS) {
  test.serial(`a bomb as ${what} does not fill the memory`, async (t) => {
    const folder = await hostileFolder(t, await withData(file, await packed()));
    const { attack, peak } = await verifyWatched(folder);
    t.regex(attack.errors[0]?.message ?? '', says);
    t.is(attack.exitCode, status);
    t.true(peak > 30 && peak < 400, `${peak} MiB`);
  });
}

test.serial('many chunks do not fill the memory', async (t) => {
  const name = 'vm3/private.img.000.enc';
  const archive = changed(MEMBERS, name, (member) => Array.from({ length: 3000 }, () => member));
  const { attack, peak } = await verifyWatched(await hostileFolder(t, archive));
  t.is(attack.exitCode, 5);
  t.true(peak < 250, `${peak} MiB`);
});
