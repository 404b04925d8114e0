import { readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { writeImage } from '../../../lib/archive/recover/image-file.ts';
import { takeContent } from '../../../lib/archive/inner/take-content.ts';
import type { DataBlock, SparseContent } from '../../../lib/archive/inner/inner-entry.ts';
import { CancelledError, NeedsError } from '../../../lib/base/errors.ts';
import { openFolder, type Folder } from '../../../lib/base/folder.ts';
import { GiB, MiB } from '../../../lib/base/size.ts';
import { mountSmallDisk } from '../../base/small-disk.ts';
import { temporaryFolder } from '../../base/temporary-folder.ts';

async function opened(t: ExecutionContext): Promise<{ path: string; folder: Folder }> {
  const path = await temporaryFolder(t);
  const folder = await openFolder(path);
  t.teardown(() => folder.close());
  return { path, folder };
}

function content(
  size: number,
  ...blocks: readonly (readonly [number, Uint8Array])[]
): SparseContent {
  return {
    size,
    async *blocks(): AsyncGenerator<DataBlock> {
      for (const [offset, bytes] of blocks) yield { offset, bytes };
    },
  };
}

test('a 2 TiB image with 1 MiB of data takes 1 MiB of disk and a moment', async (t) => {
  t.timeout(60_000); // its zeros would take half an hour
  const { path, folder } = await opened(t);
  const size = 2048 * GiB;
  const half = Buffer.alloc(MiB / 2, 7);
  const summary = await writeImage(
    folder,
    'root.img',
    content(size, [0, half], [1024 * GiB, half]),
  );
  const stats = await stat(join(path, 'root.img'));
  t.is(stats.size, size);
  t.true(stats.blocks * 512 <= MiB + 65536, `${stats.blocks} blocks`);
  t.is(summary.dataBytes, MiB);
  t.deepEqual(await readdir(path), ['root.img']);
});

const steps = fc.array(fc.tuple(fc.nat(20_000), fc.uint8Array({ minLength: 1, maxLength: 3000 })), {
  maxLength: 30,
});

test('any data at any place, in blocks of any size, is written as it is', async (t) => {
  const { path, folder } = await opened(t);
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(20_000), async (holesAndData, tail) => {
      const blocks: [number, Uint8Array][] = [];
      let end = 0;
      for (const [hole, bytes] of holesAndData) {
        blocks.push([end + hole, bytes]);
        end += hole + bytes.length;
      }
      const expected = Buffer.alloc(end + tail);
      for (const [offset, bytes] of blocks) expected.set(bytes, offset);
      const image = content(expected.length, ...blocks);
      const summary = await writeImage(folder, 'x.img', image);
      t.true((await readFile(join(path, 'x.img'))).equals(expected));
      t.deepEqual(await takeContent(image), summary);
    }),
    { numRuns: 30, seed: 1 },
  );
});

test('thousands of tiny blocks arrive', async (t) => {
  const { path, folder } = await opened(t);
  const expected = Buffer.from('0123456789'.repeat(500));
  const blocks = Array.from(expected, (byte, at) => [at, Buffer.of(byte)] as const);
  await writeImage(folder, 'tiny', content(5000, ...blocks));
  t.true((await readFile(join(path, 'tiny'))).equals(expected));
});

test('a damaged image never gets its name, and what had it before stays', async (t) => {
  const { path, folder } = await opened(t);
  await writeFile(join(path, 'root.img'), 'good');
  const cause = new Error('damaged');
  const image: SparseContent = {
    size: 10 * MiB,
    async *blocks() {
      yield { offset: 0, bytes: Buffer.alloc(3 * MiB) };
      throw cause;
    },
  };
  t.is(await t.throwsAsync(writeImage(folder, 'root.img', image)), cause);
  t.deepEqual(await readdir(path), ['root.img']);
  t.is(await readFile(join(path, 'root.img'), 'utf8'), 'good');
});

test('a cancelled image leaves nothing', async (t) => {
  const { path, folder } = await opened(t);
  const stop = new AbortController();
  const image: SparseContent = {
    size: 1000 * MiB,
    async *blocks() {
      for (let offset = 0; ; offset += MiB) {
        yield { offset, bytes: Buffer.alloc(MiB) };
        if (offset === 3 * MiB) stop.abort();
        await sleep(0);
      }
    },
  };
  await t.throwsAsync(writeImage(folder, 'root.img', image, { signal: stop.signal }), {
    instanceOf: CancelledError,
  });
  t.deepEqual(await readdir(path), []);
});

test('what a killed run left is removed, and a link in its place is not followed', async (t) => {
  const { path, folder } = await opened(t);
  await writeFile(join(path, 'victim'), 'precious');
  await symlink('victim', join(path, '.root.img.partial'));
  await writeFile(join(path, '.private.img.partial'), 'half');
  await writeImage(folder, 'root.img', content(1, [0, Buffer.of(1)]));
  await writeImage(folder, 'private.img', content(1, [0, Buffer.of(2)]));
  t.deepEqual((await readdir(path)).sort(), ['private.img', 'root.img', 'victim']);
  t.is(await readFile(join(path, 'victim'), 'utf8'), 'precious');
});

const disk = mountSmallDisk(4 * MiB);
test.after.always(() => disk?.remove());
// Skipped where nothing can be mounted: only root may.
const onSmallDisk = disk === undefined ? test.skip : test.serial;

onSmallDisk('a full disk is told as such, and nothing is left of the image', async (t) => {
  const folder = await openFolder(disk?.path ?? '');
  t.teardown(() => folder.close());
  const blocks = Array.from({ length: 16 }, (_, at) => [at * MiB, Buffer.alloc(MiB, 1)] as const);
  const error = await t.throwsAsync(writeImage(folder, 'root.img', content(16 * MiB, ...blocks)), {
    instanceOf: NeedsError,
  });
  t.is(error.message, `Cannot write ${folder.path}/root.img: the disk is full`);
  t.is(error.facts.stage, 'write');
  t.deepEqual(await folder.names(), []);
});
