import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import type { DataBlock } from '../../lib/archive/inner/inner-entry.ts';
import { CancelledError, NeedsError } from '../../lib/base/errors.ts';
import { openVolumeWriter, writeVolume } from '../../lib/storage/write-volume.ts';
import { mountSmallDisk } from '../base/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SIZE = 64 * 1024;

const disk = mountSmallDisk(256 * 1024);
const onSmallDisk = disk === undefined ? test.skip : test;
test.after.always(() => disk?.remove());

/** Writes blocks into a file of a size, as a volume is imported. */
async function write(path: string, size: number, blocks: Iterable<DataBlock>): Promise<void> {
  await writeFile(path, '');
  await truncate(path, size);
  const writer = await openVolumeWriter(path);
  try {
    await writeVolume(writer, inTurn(blocks));
  } finally {
    await writer.close();
  }
}

async function* inTurn(blocks: Iterable<DataBlock>): AsyncGenerator<DataBlock> {
  yield* blocks;
}

test('content arrives whatever pieces it comes in, and what is zero takes no space', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'volume');
  const run = fc.record({
    length: fc.integer({ min: 1, max: 12_000 }),
    fill: fc.constantFrom(0, 0, 7),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(run, { maxLength: 8 }),
      fc.integer({ min: 1, max: 9000 }),
      async (runs, pieceSize) => {
        const content = Buffer.concat(runs.map(({ length, fill }) => Buffer.alloc(length, fill)));
        const pieces: DataBlock[] = [];
        for (let offset = 0; offset < content.length; offset += pieceSize) {
          pieces.push({ offset, bytes: content.subarray(offset, offset + pieceSize) });
        }
        await write(path, content.length, pieces);
        t.deepEqual(await readFile(path), content);
        let used = 0;
        for (let at = 0; at < content.length; at += 4096) {
          if (content.subarray(at, at + 4096).some((byte) => byte !== 0)) used += 8;
        }
        t.true((await stat(path)).blocks <= used, 'blocks of zeros are holes');
      },
    ),
    { numRuns: 60 },
  );
});

test('what is not given stays a hole, also a terabyte of it', async (t) => {
  const path = join(await temporaryFolder(t), 'volume');
  const size = 2 ** 40;
  const bytes = Buffer.from('end');
  await write(path, size, [{ offset: size - bytes.length, bytes }]);
  const { size: length, blocks } = await stat(path);
  t.is(length, size);
  t.true(blocks <= 16);
  const file = await open(path);
  t.teardown(() => file.close());
  const { buffer } = await file.read(Buffer.alloc(3), 0, 3, size - 3);
  t.is(buffer.toString(), 'end');
});

test('a file that is not there is not made', async (t) => {
  const path = join(await temporaryFolder(t), 'volume');
  await t.throwsAsync(openVolumeWriter(path), { instanceOf: NeedsError });
  await t.throwsAsync(stat(path), { code: 'ENOENT' });
});

test('it ends when it is cancelled', async (t) => {
  const path = join(await temporaryFolder(t), 'volume');
  await writeFile(path, '');
  const writer = await openVolumeWriter(path);
  const blocks = inTurn([{ offset: 0, bytes: Buffer.from('x') }]);
  await t.throwsAsync(writeVolume(writer, blocks, AbortSignal.abort()), {
    instanceOf: CancelledError,
  });
  await writer.close();
  t.is((await readFile(path)).length, 0);
});

onSmallDisk('a full disk is an error that says so', async (t) => {
  const path = join(disk?.path ?? '', 'volume');
  const blocks = Array.from({ length: 8 }, (_, at) => ({
    offset: at * SIZE,
    bytes: Buffer.alloc(SIZE, 1),
  }));
  await t.throwsAsync(write(path, 8 * SIZE, blocks), {
    instanceOf: NeedsError,
    message: /volume: the disk is full$/,
  });
});
