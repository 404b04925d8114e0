import test from 'ava';
import fc from 'fast-check';
import { DamagedError } from '../../../lib/base/errors.ts';
import {
  END,
  entry,
  gnuSparse,
  header,
  pax,
  paxSparse,
  readAll,
  type Pieces,
} from './tar-bytes.ts';

fc.configureGlobal({ seed: 20261122 });

/** Maps as real writers make them: whole blocks, but for the last piece, and perhaps a hole. */
const maps = fc
  .record({
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 60,
    }),
    cut: fc.integer({ min: 0, max: 511 }),
    tail: fc.integer({ min: 0, max: 2 ** 45 }),
    marksEnd: fc.boolean(),
  })
  .map(({ steps, cut, tail, marksEnd }) => {
    const pieces: (readonly [number, number])[] = [];
    let end = 0;
    for (const [index, [gap, length]] of steps.entries()) {
      const offset = end + gap * 512;
      end = offset + length * 512 - (index === steps.length - 1 ? cut : 0);
      pieces.push([offset, end - offset]);
    }
    const size = end + tail;
    const written: Pieces = marksEnd ? [...pieces, [size, 0]] : pieces;
    return { pieces, written, size };
  });

const dataOf = (pieces: Pieces): Buffer =>
  Buffer.from(
    Array.from(
      { length: pieces.reduce((sum, [, length]) => sum + length, 0) },
      (_, at) => at % 251,
    ),
  );

test('any map of holes comes back as it was written, in both formats of real backups', async (t) => {
  await fc.assert(
    fc.asyncProperty(maps, async ({ pieces, written, size }) => {
      const data = dataOf(pieces);
      for (const write of [gnuSparse, paxSparse]) {
        const bytes = Buffer.concat([write(size, written, data), END]);
        const [image, ...others] = await readAll(bytes);
        t.deepEqual(others, []);
        t.is(image?.size, size);
        t.deepEqual(image?.extents, pieces);
        t.true(image?.data.equals(data));
      }
    }),
    { numRuns: 150 },
  );
});

/** One archive with everything in it that the reader knows. */
const EVERYTHING = Buffer.concat([
  pax([['mtime', '5']], 'g'),
  pax([['path', 'é']]),
  entry({}, 'text'),
  entry({ type: 'L' }, 'n'.repeat(200)),
  entry({ type: 'K' }, 'k'.repeat(200)),
  header({ type: '2', link: 'x' }),
  gnuSparse(
    90_000,
    Array.from({ length: 30 }, (_, index) => [index * 1024, 512]),
    Buffer.alloc(15360, 'g'),
  ),
  paxSparse(
    9000,
    [
      [512, 512],
      [4096, 3],
    ],
    Buffer.alloc(515, 'p'),
  ),
  pax([
    ['GNU.sparse.size', '99'],
    ['GNU.sparse.map', '0,4'],
  ]),
  entry({ name: 'last' }, 'data'),
  END,
]);

test('pieces of any size give the same entries, down to single bytes', async (t) => {
  const whole = await readAll(EVERYTHING);
  t.is(whole.length, 5);
  for (const size of [1, 7, 511, 513, 4096]) t.deepEqual(await readAll(EVERYTHING, size), whole);
});

async function outcome(bytes: Uint8Array, size?: number): Promise<unknown> {
  try {
    return await readAll(bytes, size);
  } catch (error) {
    if (error instanceof DamagedError && error.facts.stage === 'tar') return error.message;
    throw error;
  }
}

/** Fixes the checksum of every block that looks like a header, so that mutations get behind it. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return bytes;
}

const interesting = fc.constantFrom(
  0,
  1,
  0x0a,
  0x20,
  0x2c,
  0x2d,
  0x30,
  0x31,
  0x37,
  0x39,
  0x3d,
  0x53,
  0x78,
  0x80,
  0xff,
);
/** Where something is written that has a meaning: fields and records, not zeros and not data. */
const meaningful = Array.from(EVERYTHING.keys()).filter(
  (at) => !'\0gpnk'.includes(String.fromCharCode(EVERYTHING[at] ?? 0)),
);
const positions = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...meaningful) },
  fc.nat(EVERYTHING.length - 1),
);
const mutations = fc.array(
  fc.tuple(positions, fc.oneof(interesting, fc.integer({ min: 0, max: 255 }))),
  { minLength: 1, maxLength: 6 },
);

test('whatever is changed in an archive, it is read or refused as damaged, however it comes', async (t) => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(mutations, fc.boolean(), async (changes, checksums) => {
      const mutated = Buffer.from(EVERYTHING);
      for (const [at, byte] of changes) mutated[at] = byte;
      const bytes = checksums ? withChecksums(mutated) : mutated;
      const whole = await outcome(bytes);
      outcomes.add(typeof whole === 'string' ? whole : 'read');
      t.deepEqual(await outcome(bytes, 100), whole);
    }),
    { numRuns: 300 },
  );
  // The mutations reach deep: else this test would prove little.
  t.true(outcomes.size > 15, [...outcomes].join('\n'));
});

test('wherever an archive is cut off, it is refused', async (t) => {
  // Before its second zero block an archive is not over; its size is 1024 less padding.
  for (let length = 0; length < EVERYTHING.length; length += 37) {
    t.is(typeof (await outcome(EVERYTHING.subarray(0, length))), 'string', String(length));
  }
});

test('any bytes at all are read or refused as damaged', async (t) => {
  await t.notThrowsAsync(async () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await outcome(bytes);
        await outcome(Buffer.concat([header({ type: 'x', size: bytes.length }), bytes]));
        await outcome(Buffer.concat([paxSparse(9999, [], bytes), END]));
      }),
      { numRuns: 300 },
    ),
  );
});
