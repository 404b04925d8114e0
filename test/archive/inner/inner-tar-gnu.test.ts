import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, symlink, writeFile, link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { ContentDigest, type ContentSummary } from '../../../lib/archive/inner/content-digest.ts';
import { readInnerTar } from '../../../lib/archive/inner/inner-tar.ts';
import { GiB, KiB, MiB } from '../../../lib/base/size.ts';

/** What real GNU tar writes, in every format it has for files with holes. */
const FORMATS = {
  'old GNU': ['--format=gnu'],
  'PAX 0.0': ['--format=posix', '--sparse-version=0.0'],
  'PAX 0.1': ['--format=posix', '--sparse-version=0.1'],
  'PAX 1.0': ['--format=posix', '--sparse-version=1.0'],
};

type Piece = readonly [offset: number, length: number];

const IMAGES: Readonly<Record<string, { size: number; pieces: readonly Piece[] }>> = {
  dense: { size: 100_000, pieces: [[0, 100_000]] },
  'with one hole': {
    size: 3 * MiB + 77,
    pieces: [
      [0, 64 * KiB],
      [2 * MiB, MiB + 77],
    ],
  },
  'with a hole at the end': { size: 5 * MiB, pieces: [[MiB, 4 * KiB]] },
  'of holes only': { size: 5 * MiB, pieces: [] },
  'with a hundred pieces': {
    size: 16 * MiB,
    pieces: Array.from({ length: 100 }, (_, index) => [index * 128 * KiB, 4 * KiB] as const),
  },
  'over 8 GiB': { size: 20 * GiB, pieces: [[10 * GiB, 8 * KiB]] },
};

const folders: string[] = [];
test.after.always(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'inner-tar-'));
  folders.push(path);
  return path;
}

async function makeImage(path: string, size: number, pieces: readonly Piece[]): Promise<void> {
  const file = await open(path, 'wx');
  for (const [offset, length] of pieces) {
    const bytes = Buffer.alloc(length, `piece at ${offset}.`);
    await file.write(bytes, 0, length, offset);
  }
  await file.truncate(size);
  await file.close();
}

async function digestOf(archive: string): Promise<ContentSummary & { path: string }> {
  for await (const entry of readInnerTar(createReadStream(archive))) {
    const digest = new ContentDigest(entry.size);
    for await (const { offset, bytes } of entry.blocks()) await digest.update(offset, bytes);
    return { path: entry.untrustedPath, ...(await digest.finish()) };
  }
  throw new Error('empty archive');
}

/** The digest that `sha256sum` would give, without reading gigabytes of zeros from a file. */
function expectedDigest(size: number, pieces: readonly Piece[]): string {
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(MiB);
  let end = 0;
  for (const [offset, length] of [...pieces, [size, 0] as const]) {
    for (; end < offset; end += Math.min(MiB, offset - end)) {
      hash.update(zeros.subarray(0, Math.min(MiB, offset - end)));
    }
    hash.update(length === 0 ? Buffer.of() : Buffer.alloc(length, `piece at ${offset}.`));
    end += length;
  }
  return hash.digest('hex');
}

for (const [what, { size, pieces }] of Object.entries(IMAGES)) {
  test(`an image ${what} comes out as GNU tar stored it, in all its sparse formats`, async (t) => {
    const dir = await folder();
    await makeImage(join(dir, 'private.img'), size, pieces);
    const isSmall = size < GiB;
    const digests = new Set<string>();
    for (const [format, options] of Object.entries(FORMATS)) {
      const archive = join(dir, 'image.tar');
      await execa('tar', ['-cf', archive, '--sparse', ...options, '-C', dir, 'private.img']);
      for await (const entry of readInnerTar(createReadStream(archive))) {
        t.is(entry.untrustedPath, 'private.img', format);
        t.is(entry.size, size, format);
        t.deepEqual(
          [...entry.extents].map(({ offset, length }) => [offset, length] as const),
          pieces,
          format,
        );
      }
      if (isSmall) {
        const summary = await digestOf(archive);
        t.is(summary.sha256, expectedDigest(size, pieces), format);
        digests.add(summary.dataSha256);
      }
    }
    t.is(digests.size, isSmall ? 1 : 0);
  });
}

test('a home stored by GNU tar comes out entry by entry', async (t) => {
  const dir = await folder();
  const long = 'a-long-name-'.repeat(12);
  await mkdir(join(dir, 'dom0-home/user', long), { recursive: true });
  const home = join(dir, 'dom0-home/user');
  await writeFile(join(home, long, `${long}.txt`), 'deep');
  await writeFile(join(home, 'one'), 'linked');
  await link(join(home, 'one'), join(home, 'two'));
  await symlink(`${long}/${long}.txt`, join(home, 'way'));
  for (const format of ['gnu', 'posix', 'oldgnu', 'pax']) {
    const archive = join(dir, 'home.tar');
    const options = [`--format=${format}`, '--sort=name', '-C', dir, 'dom0-home/user'];
    await execa('tar', ['-cf', archive, ...options]);
    const entries: unknown[] = [];
    for await (const entry of readInnerTar(createReadStream(archive))) {
      entries.push([entry.type, entry.untrustedPath.slice(14), entry.untrustedLinkTarget]);
    }
    t.deepEqual(entries, [
      ['directory', '/', undefined],
      ['directory', `/${long}/`, undefined],
      ['file', `/${long}/${long}.txt`, undefined],
      ['file', '/one', undefined],
      ['hardlink', '/two', 'dom0-home/user/one'],
      ['symlink', '/way', `${long}/${long}.txt`],
    ]);
  }
});

test('what GNU tar stores of devices and fifos is refused', async (t) => {
  const dir = await folder();
  await execa('mkfifo', [join(dir, 'fifo')]);
  const archive = join(dir, 'fifo.tar');
  await execa('tar', ['-cf', archive, '-C', dir, 'fifo']);
  const first = readInnerTar(createReadStream(archive)).next();
  await t.throwsAsync(first, { message: /neither file, folder nor link/ });
});
