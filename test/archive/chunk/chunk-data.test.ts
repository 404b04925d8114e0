import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  holdRange,
  holdStream,
  RereadChunk,
  SlabPool,
} from '../../../lib/archive/chunk/chunk-data.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { MiB } from '../../../lib/base/size.ts';
import { collect, inBlocks } from '../../support/bytes.ts';
import { randomBytes } from '../../support/content.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function fileOf(t: ExecutionContext, bytes: Uint8Array): Promise<FileHandle> {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, bytes);
  const file = await open(path, 'r+');
  t.teardown(() => file.close());
  return file;
}

test('a stream is held as it came, whatever its blocks, and as often as one likes', async (t) => {
  const pool = new SlabPool();
  await fc.assert(
    fc.asyncProperty(fc.nat(3000), fc.integer({ min: 1, max: 700 }), async (length, block) => {
      const bytes = randomBytes('chunk', length);
      const held = await holdStream(inBlocks(bytes, block), pool);
      t.is(held.size, length);
      for (let turn = 0; turn < 2; turn++)
        t.deepEqual(await collect(held.slices()), Buffer.from(bytes));
      held.release();
    }),
    { seed: 1, numRuns: 30 },
  );
});

test('a stream fed one byte at a time fills more than one slab', async (t) => {
  const bytes = randomBytes('slabs', MiB + 3);
  const held = await holdStream(inBlocks(bytes, 1), new SlabPool());
  t.true((await collect(held.slices())).equals(bytes));
});

test('a range is held even where the file ends inside it, and then known to be short', async (t) => {
  const bytes = randomBytes('range', 2 * MiB + 9);
  const file = await fileOf(t, bytes);
  const whole = await holdRange(file, 5, 2 * MiB, new SlabPool());
  t.true((await collect(whole.slices())).equals(bytes.subarray(5, 5 + 2 * MiB)));
  t.is((await holdRange(file, 5, 9 * MiB, new SlabPool())).size, bytes.length - 5);
});

test('bytes that change between two readings of a large chunk are never handed out', async (t) => {
  const file = await fileOf(t, randomBytes('reread', 3 * MiB));
  const chunk = new RereadChunk(file, 0, 3 * MiB);
  await collect(chunk.slices());
  await collect(chunk.slices());
  await file.write(Buffer.of(1, 2, 3), 0, 3, 2 * MiB + 7);
  let good = 0;
  const error = await t.throwsAsync(
    async () => {
      for await (const slice of chunk.slices()) good += slice.length;
    },
    { instanceOf: DamagedError, message: 'The archive changed while it was read' },
  );
  t.is(error.facts.stage, 'source');
  t.is(good, 2 * MiB);
});

test('a file cut off between two readings of a large chunk is noticed', async (t) => {
  const file = await fileOf(t, randomBytes('reread', 2 * MiB));
  const chunk = new RereadChunk(file, 0, 2 * MiB);
  await collect(chunk.slices());
  await file.truncate(MiB + 5);
  await t.throwsAsync(collect(chunk.slices()), { message: /changed while it was read/ });
});

test('a place that the disk cannot read is damage there', async (t) => {
  const file = await fileOf(t, randomBytes('bad disk', 64));
  const bad = new Proxy(file, {
    get: (target, name) =>
      name === 'read'
        ? () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
        : (Reflect.get(target, name, target) as unknown),
  });
  const error = await t.throwsAsync(holdRange(bad, 3, 64, new SlabPool()), {
    instanceOf: DamagedError,
    message: 'Cannot read the file at byte 3: the disk reports an input/output error',
  });
  t.is(error.facts.stage, 'source');
});
