import test, { type ExecutionContext } from 'ava';
import { DamagedError } from '../../../lib/base/errors.ts';
import { readInnerTar } from '../../../lib/archive/inner/inner-tar.ts';
import { INNER_TAR_LIMITS } from '../../../lib/archive/inner/inner-tar-limits.ts';
import {
  END,
  entry,
  gnuSparse,
  header,
  number12,
  padded,
  pax,
  paxRecord,
  paxSparse,
  paxSparseHeader,
  readAll,
  type Pieces,
} from './tar-bytes.ts';

const BLOCK = Buffer.alloc(512, 1);
const NO_DATA = Buffer.alloc(0);

async function refused(
  t: ExecutionContext,
  reason: RegExp,
  ...parts: readonly Uint8Array[]
): Promise<void> {
  const error = await t.throwsAsync(readAll(Buffer.concat(parts)), { instanceOf: DamagedError });
  t.regex(error.message, reason);
  t.is(error.facts.stage, 'tar');
}

/** A map 1.0 of any text at all, before one block of data. */
const map10 = (text: string): Buffer[] => [
  paxSparseHeader(4096),
  entry({}, Buffer.concat([padded(text), BLOCK])),
  END,
];

const refusal = test.macro((t, reason: RegExp, ...parts: Uint8Array[]) =>
  refused(t, reason, ...parts),
);

// Ends

test('refused: no bytes at all', refusal, /ends in the middle/);
test('refused: no end mark', refusal, /ends in the middle/, entry({}, 'x'));
test('refused: half an end mark', refusal, /ends in the middle/, entry(), Buffer.alloc(512));
test(
  'refused: an entry after half an end mark',
  refusal,
  /half end mark/,
  Buffer.alloc(512),
  entry(),
);
test('refused: cut off in a header', refusal, /ends in the middle/, header().subarray(0, 300));
test(
  'refused: cut off in the data',
  refusal,
  /3 bytes are missing/,
  header({ size: 5 }),
  BLOCK.subarray(0, 2),
);
test(
  'refused: cut off in the padding',
  refusal,
  /ends in the middle/,
  entry({}, 'x').subarray(0, 600),
);
test('refused: an archive after the end', refusal, /follows its end/, END, entry(), END);
test('refused: one byte after the end', refusal, /follows its end/, END, Buffer.of(1));
test('refused: a PAX header for nothing', refusal, /half an entry/, pax([['path', 'x']]), END);

test('zeros after the end are padding, up to a megabyte', async (t) => {
  const most = INNER_TAR_LIMITS.maxTrailingBytes;
  t.deepEqual(await readAll(Buffer.concat([END, Buffer.alloc(most)])), []);
  await refused(t, /too long/, END, Buffer.alloc(most + 1));
});

test('a padding without end is not read to its end', async (t) => {
  let given = 0;
  async function* zeros(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given++;
      yield Buffer.alloc(65536);
    }
  }
  await t.throwsAsync(readInnerTar(zeros()).next(), { instanceOf: DamagedError });
  t.true(given < 20);
});

// Headers

test('refused: a wrong checksum', refusal, /checksum/, Buffer.from(header()).fill('z', 0, 1), END);
test('refused: a checksum that is no number', refusal, /checksum/, BLOCK, END);

for (const [what, type] of Object.entries({
  'a character device': '3',
  'a block device': '4',
  'a fifo': '6',
  'a continued volume': 'M',
  'a volume label': 'V',
  'a folder dump': 'D',
  'an unknown type': 'Z',
  'a Solaris header': 'X',
})) {
  test(`refused: ${what}`, refusal, /neither file, folder nor link/, entry({ type }), END);
}

test('refused: a folder with data', refusal, /no file has data/, entry({ type: '5' }, 'x'), END);
test('refused: an old folder with data', refusal, /has data/, entry({ name: 'x/' }, 'x'), END);
test('refused: a link with data', refusal, /no file has data/, entry({ type: '1' }, 'x'), END);
test(
  'refused: a size that is no number',
  refusal,
  /size is not a number/,
  header({ size: Buffer.from('12x') }),
  END,
);
test('refused: a blank size', refusal, /size is missing/, header({ size: Buffer.alloc(12) }), END);
test(
  'refused: a negative size',
  refusal,
  /size is negative/,
  header({ size: number12(-512) }),
  END,
);
test(
  'refused: a size of 2^53',
  refusal,
  /size is too large/,
  header({ size: number12(2 ** 53) }),
  END,
);
test(
  'refused: a size of 2^88',
  refusal,
  /size is too large/,
  header({ size: Buffer.alloc(12, 0x80) }),
  END,
);
test(
  'refused: a size with a bad first byte',
  refusal,
  /size is too large/,
  header({ size: Buffer.alloc(12, 0xc0) }),
  END,
);

test('a huge size is not believed before the data is there', async (t) => {
  await refused(t, /bytes are missing/, header({ size: number12(2 ** 53 - 1) }), BLOCK);
});

// Long names and PAX headers

test(
  'refused: a long name of a long name',
  refusal,
  /two long names/,
  entry({ type: 'L' }, 'a'),
  entry({ type: 'L' }, 'b'),
);
test(
  'refused: a long link of a long link',
  refusal,
  /two long links/,
  entry({ type: 'K' }, 'a'),
  entry({ type: 'K' }, 'b'),
);
test(
  'refused: two PAX headers in a row',
  refusal,
  /two PAX/,
  pax([['path', 'a']]),
  pax([['path', 'b']]),
);
test(
  'refused: a name of a gigabyte',
  refusal,
  /long name of 1073741824/,
  header({ type: 'L', size: 2 ** 30 }),
);
test(
  'refused: a PAX header of a gigabyte',
  refusal,
  /PAX header of 1073741824/,
  header({ type: 'x', size: 2 ** 30 }),
);

for (const [what, records] of Object.entries({
  'too long': '99 path=x\n',
  'too short': '5 path=x\n',
  zero: '0 path=x\n',
  empty: ' path=x\n',
  negative: '-9 path=x\n',
  hexadecimal: '0xa path=x\n',
  'of eleven digits': `00000000010 path=x\n`,
  'off by one': '9 path=xx\n',
})) {
  test(
    `refused: a PAX record with a length that is ${what}`,
    refusal,
    /wrong length/,
    entry({ type: 'x' }, records),
  );
}

test('refused: a PAX record without keyword', refusal, /no keyword/, pax([['', 'x']]));
test(
  'refused: a PAX record without value',
  refusal,
  /no keyword/,
  entry({ type: 'x' }, '7 path\n'),
);
test('refused: a global path', refusal, /global/, pax([['path', 'x']], 'g'));
test('refused: a global size', refusal, /global/, pax([['size', '1']], 'g'));
test('refused: global holes', refusal, /global/, pax([['GNU.sparse.major', '1']], 'g'));

for (const size of ['-1', '1e3', '0x10', ' 1', '1.0', 'NaN', '9007199254740992', '9'.repeat(30)]) {
  test(`refused: a PAX size of "${size}"`, refusal, /PAX size/, pax([['size', size]]));
}

for (const mtime of ['now', 'Infinity', '1e9', '--1', '1'.repeat(16)]) {
  test(`refused: a PAX mtime of "${mtime}"`, refusal, /mtime/, pax([['mtime', mtime]]));
}

// Maps of holes, in both formats

const badMaps: readonly (readonly [what: string, reason: RegExp, pieces: Pieces, size: number])[] =
  [
    [
      'overlaps',
      /overlaps/,
      [
        [0, 1024],
        [512, 512],
      ],
      4096,
    ],
    [
      'runs backwards',
      /backwards/,
      [
        [2048, 512],
        [0, 512],
      ],
      4096,
    ],
    [
      'runs backwards after an empty piece',
      /backwards/,
      [
        [4096, 0],
        [0, 512],
      ],
      4096,
    ],
    [
      'tells a piece twice',
      /overlaps/,
      [
        [512, 512],
        [512, 512],
      ],
      4096,
    ],
    ['goes beyond the size', /beyond the end/, [[4096, 512]], 4096],
    [
      'has an empty piece beyond the size',
      /beyond the end/,
      [
        [0, 512],
        [9999, 0],
      ],
      4096,
    ],
    [
      'has a broken block in the middle',
      /broken block/,
      [
        [0, 100],
        [512, 412],
      ],
      4096,
    ],
    ['tells of more than is stored', /1024 bytes, but 512/, [[0, 1024]], 4096],
    ['tells of less than is stored', /0 bytes, but 512/, [], 4096],
  ];

for (const [what, reason, pieces, size] of badMaps) {
  const parts = (make: typeof gnuSparse): Buffer[] => [make(size, pieces, BLOCK), END];
  test(`refused: a map of GNU tar that ${what}`, refusal, reason, ...parts(gnuSparse));
  test(`refused: a map 1.0 that ${what}`, refusal, reason, ...parts(paxSparse));
}

for (const [what, text] of Object.entries({
  'a negative number': '1\n-1\n512\n',
  'a number of 17 digits': '1\n10000000000000000\n512\n',
  'a number beyond 2^53': '1\n9007199254740992\n512\n',
  'an exponent': '1\n1e3\n512\n',
  'an empty line': '1\n\n512\n',
  NaN: '1\nNaN\n512\n',
  'fewer pieces than it says': '2\n0\n512\n',
})) {
  test(`refused: a map 1.0 with ${what}`, refusal, /no number/, ...map10(text));
}

test(
  'refused: a map 1.0 with more pieces than it says',
  refusal,
  /goes on/,
  ...map10('0\n0\n512\n'),
);
test(
  'refused: a map 1.0 longer than its file',
  refusal,
  /no end/,
  paxSparseHeader(4096),
  entry({}, '400\n' + '0\n'.repeat(254)),
  END,
);
test(
  'refused: a map 1.0 whose end is out of range',
  refusal,
  /out of range/,
  ...map10(`1\n${2 ** 53 - 1}\n512\n`),
);

test('a map 1.0 of more pieces than the limit is refused before it is stored', async (t) => {
  const lines = '1000001\n' + '0\n0\n'.repeat(300_000);
  const bytes = Buffer.concat([paxSparseHeader(0), entry({}, padded(lines)), END]);
  const limits = { ...INNER_TAR_LIMITS, maxExtents: 1000 };
  await t.throwsAsync(readAll(bytes, bytes.length, limits), { message: /more than 1000 pieces/ });
});

test('a map of GNU tar may not go on for ever', async (t) => {
  const pieces = Array.from({ length: 2000 }, (_, index) => [index, 0] as const);
  const limits = { ...INNER_TAR_LIMITS, maxExtents: 1000 };
  const bytes = Buffer.concat([gnuSparse(4096, pieces, NO_DATA), END]);
  await t.throwsAsync(readAll(bytes, bytes.length, limits), { message: /more than 1000 pieces/ });
});

test('refused: empty extension blocks of a map of GNU tar', async (t) => {
  const patch = new Map([
    [483, number12(0)],
    [482, Buffer.of(1)],
  ]);
  const head = header({ type: 'S', magic: 'ustar  \0', patch });
  await refused(t, /goes on/, head, Buffer.alloc(512, 0), END);
});

test(
  'refused: a sparse file of a tar that is not GNU',
  refusal,
  /GNU tar did not write/,
  header({ type: 'S' }),
  END,
);
test(
  'refused: a map of GNU tar without size',
  refusal,
  /sparse file is missing/,
  header({ type: 'S', magic: 'ustar  \0' }),
  END,
);

const sparse = (...records: (readonly [string, string])[]): Buffer =>
  pax(records.map(([key, value]) => [`GNU.sparse.${key}`, value] as const));

for (const [what, reason, records] of [
  ['no size', /tell its size/, [['map', '']]],
  [
    'two sizes',
    /two sizes/,
    [
      ['size', '1'],
      ['realsize', '2'],
    ],
  ],
  [
    'version 2.0',
    /unknown version/,
    [
      ['size', '0'],
      ['major', '2'],
      ['minor', '0'],
    ],
  ],
  [
    'version 1.1',
    /unknown version/,
    [
      ['size', '0'],
      ['major', '1'],
      ['minor', '1'],
    ],
  ],
  ['an unknown record', /nobody knows/, [['colour', 'red']]],
  ['a length without offset', /no offset/, [['numbytes', '1']]],
  [
    'two offsets',
    /no length/,
    [
      ['offset', '1'],
      ['offset', '2'],
    ],
  ],
  [
    'an offset without length',
    /no length/,
    [
      ['size', '9'],
      ['offset', '1'],
    ],
  ],
  ['an odd map', /no length/, [['map', '1,2,3']]],
  ['a map that ends in a comma', /no length/, [['map', '1,2,']]],
  ['a map with a sign', /usable number/, [['map', '+1,2']]],
  ['a map with a gap', /usable number/, [['map', '1,,2']]],
  [
    'two maps',
    /two ways/,
    [
      ['map', '0,0'],
      ['map', '0,0'],
    ],
  ],
  [
    'a map and a version 1.0',
    /two ways/,
    [
      ['size', '0'],
      ['major', '1'],
      ['minor', '0'],
      ['map', '0,0'],
    ],
  ],
  [
    'a wrong count',
    /another number/,
    [
      ['size', '0'],
      ['numblocks', '3'],
      ['map', '0,0'],
    ],
  ],
] as const) {
  test(`refused: PAX sparse with ${what}`, refusal, reason, sparse(...records), entry(), END);
}

test(
  'refused: a folder with holes',
  refusal,
  /no plain file/,
  sparse(['size', '0']),
  entry({ type: '5' }),
  END,
);
test(
  'refused: a sparse file with two maps',
  refusal,
  /no plain file/,
  sparse(['size', '0']),
  gnuSparse(0, [], NO_DATA),
  END,
);

test('a message never shows raw bytes of the archive', async (t) => {
  const bytes = entry({ type: 'x' }, paxRecord('size', '\x1b[2J'));
  const error = await t.throwsAsync(readAll(bytes), { instanceOf: DamagedError });
  t.notRegex(error.message, /[^\x20-\x7e]/);
});
