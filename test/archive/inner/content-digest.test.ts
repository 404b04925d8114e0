import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { ContentDigest, MAX_EXPANDED_DIGEST } from '../../../lib/archive/inner/content-digest.ts';
import { CancelledError } from '../../../lib/base/errors.ts';
import { GiB, MiB } from '../../../lib/base/size.ts';

const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** The data digest as its documentation defines it, from a whole file and its extents. */
function dataDigest(file: Uint8Array, extents: readonly (readonly [number, number])[]): string {
  const map = extents.flatMap(([offset, length]) => [uint64(offset), uint64(length)]);
  const data = extents.map(([offset, length]) => file.subarray(offset, offset + length));
  return sha256(...map, uint64(file.length), sha256(...data)).toString('hex');
}

const steps = fc.array(fc.tuple(fc.nat(70_000), fc.uint8Array({ minLength: 1, maxLength: 50 })), {
  maxLength: 8,
});

test('both digests can be made again from the extracted file and its extents', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(200_000), fc.nat(49), async (holesAndData, tail, cut) => {
      const blocks: { offset: number; bytes: Uint8Array }[] = [];
      const extents: [number, number][] = [];
      let end = 0;
      for (const [hole, bytes] of holesAndData) {
        const offset = end + hole;
        // In two pieces, so that extents consist of several blocks.
        blocks.push({ offset, bytes: bytes.subarray(0, cut) });
        const rest = bytes.subarray(cut);
        if (rest.length > 0) blocks.push({ offset: offset + cut, bytes: rest });
        const last = extents.at(-1);
        if (hole === 0 && last !== undefined) last[1] += bytes.length;
        else extents.push([offset, bytes.length]);
        end = offset + bytes.length;
      }
      const file = Buffer.alloc(end + tail);
      const digest = new ContentDigest(file.length);
      for (const { offset, bytes } of blocks) {
        file.set(bytes, offset);
        await digest.update(offset, bytes);
      }
      t.deepEqual(await digest.finish(), {
        bytes: file.length,
        dataBytes: holesAndData.reduce((sum, [, bytes]) => sum + bytes.length, 0),
        sha256: sha256(file).toString('hex'),
        dataSha256: dataDigest(file, extents),
      });
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('a hole and zeros of the same size have the same content but not the same data', async (t) => {
  const hole = await new ContentDigest(4096).finish();
  const zeros = new ContentDigest(4096);
  await zeros.update(0, Buffer.alloc(4096));
  const summary = await zeros.finish();
  t.is(summary.sha256, hole.sha256);
  t.not(summary.dataSha256, hole.dataSha256);
});

test('a 2 TiB image with 1 MiB of data is digested by its data alone', async (t) => {
  t.timeout(60_000); // its zeros would take half an hour
  const size = 2048 * GiB;
  const digest = new ContentDigest(size);
  await digest.update(1024 * GiB, Buffer.alloc(MiB, 7));
  const summary = await digest.finish();
  t.is(summary.sha256, undefined);
  t.is(summary.dataBytes, MiB);
  t.is(summary.bytes, size);
  t.regex(summary.dataSha256, /^[0-9a-f]{64}$/);
});

test('content over the limit is digested when asked for, and that can be cancelled', async (t) => {
  const stop = new AbortController();
  const digest = new ContentDigest(MAX_EXPANDED_DIGEST + 1, { always: true, signal: stop.signal });
  setTimeout(() => {
    stop.abort();
  }, 20);
  await t.throwsAsync(digest.finish(), { instanceOf: CancelledError });
});

test('other work goes on while a large hole or block is digested', async (t) => {
  let turns = 0;
  const counter = setInterval(() => turns++, 1);
  const digest = new ContentDigest(96 * MiB);
  await digest.update(0, Buffer.alloc(32 * MiB, 1));
  await digest.finish();
  clearInterval(counter);
  t.true(turns >= 8, `${turns} turns`);
});

test('blocks out of order or beyond the size are refused', async (t) => {
  const digest = new ContentDigest(100);
  await digest.update(10, Buffer.alloc(10));
  await t.throwsAsync(digest.update(0, Buffer.alloc(1)), { instanceOf: RangeError });
  await t.throwsAsync(digest.update(99, Buffer.alloc(2)), { instanceOf: RangeError });
});
