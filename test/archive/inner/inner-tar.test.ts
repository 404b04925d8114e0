import test from 'ava';
import { readInnerTar } from '../../../lib/archive/inner/inner-tar.ts';
import {
  END,
  entry,
  gnuSparse,
  header,
  inPieces,
  number12,
  pax,
  paxSparse,
  readAll,
  seen,
} from './tar-bytes.ts';

const join = (...parts: Uint8Array[]): Buffer => Buffer.concat([...parts, END]);

test('an archive of nothing has no entries', async (t) => {
  t.deepEqual(await readAll(END), []);
});

test('a plain file of any old format comes out whole', async (t) => {
  for (const [type, magic] of [
    ['0', 'ustar\x0000'],
    ['\0', ''],
    ['7', 'ustar  \0'],
  ] as const) {
    const [file] = await readAll(join(entry({ type, magic, name: 'vm1/notes.txt' }, 'hello')));
    t.is(file?.path, 'vm1/notes.txt');
    t.is(file?.type, 'file');
    t.is(file?.data.toString(), 'hello');
    t.deepEqual(file?.extents, [[0, 5]]);
  }
});

test('folders, symlinks and hardlinks come out with their targets', async (t) => {
  const entries = await readAll(
    join(
      entry({ name: 'home/', type: '5', mode: 0o2755 }),
      entry({ name: 'home/s', type: '2', link: '../x' }),
      entry({ name: 'home/h', type: '1', link: 'home/f' }),
      entry({ name: 'old/', type: '\0', magic: '' }),
    ),
  );
  t.deepEqual(
    entries.map(({ path, type, target }) => [path, type, target]),
    [
      ['home/', 'directory', undefined],
      ['home/s', 'symlink', '../x'],
      ['home/h', 'hardlink', 'home/f'],
      ['old/', 'directory', undefined],
    ],
  );
  t.is(entries[0]?.mode, 0o2755);
});

test('a POSIX name prefix belongs to the path, the same bytes of GNU tar do not', async (t) => {
  const [posix] = await readAll(join(entry({ name: 'b', prefix: 'a' })));
  t.is(posix?.path, 'a/b');
  const [gnu] = await readAll(join(entry({ name: 'b', prefix: '1234', magic: 'ustar  \0' })));
  t.is(gnu?.path, 'b');
});

test('long names and long links of GNU tar replace those of the header', async (t) => {
  const long = 'd/'.repeat(200) + 'x';
  const [link] = await readAll(
    join(
      entry({ name: '././@LongLink', type: 'K' }, `${long}-target\0`),
      entry({ name: '././@LongLink', type: 'L' }, `${long}\0`),
      entry({ name: 'short', type: '2', link: 'cut' }),
    ),
  );
  t.is(link?.path, long);
  t.is(link?.target, `${long}-target`);
});

test('a PAX header speaks for the next entry only', async (t) => {
  const records = [
    ['path', 'žluťoučký/kůň'],
    ['mtime', '-1.5'],
    ['comment', 'x'],
  ] as const;
  const entries = await readAll(join(pax(records), entry({}, 'a'), entry({ name: 'b', mtime: 7 })));
  t.deepEqual(
    entries.map(({ path, mtime }) => [path, mtime]),
    [
      ['žluťoučký/kůň', -1.5],
      ['b', 7],
    ],
  );
});

test('a global PAX header speaks for all that follow, until taken back', async (t) => {
  const entries = await readAll(
    join(
      pax([['mtime', '5']], 'g'),
      entry(),
      pax([['mtime', '']]),
      entry({ mtime: 9 }),
      entry({ mtime: 9 }),
    ),
  );
  t.deepEqual(
    entries.map(({ mtime }) => mtime),
    [5, 9, 5],
  );
});

test('a PAX size replaces that of the header', async (t) => {
  const bytes = join(pax([['size', '5']]), header({ size: 0 }), entry({}, 'hello').subarray(512));
  const [file] = await readAll(bytes);
  t.is(file?.data.toString(), 'hello');
});

test('times before 1970 and sizes beyond 8 GiB are read from base-256', async (t) => {
  const size = 2 ** 40;
  const [first] = await readAll(join(gnuSparse(size, [[size, 0]], Buffer.alloc(0))));
  t.is(first?.size, size);
  t.deepEqual(first?.extents, []);
  const [old] = await readAll(join(entry({ mtime: -86400 })));
  t.is(old?.mtime, -86400);
});

test('a file name that is no UTF-8 keeps its bytes', async (t) => {
  const [file] = await readAll(join(entry({ name: Buffer.of(0x61, 0xff, 0x62) })));
  t.is(file?.path, 'a\udcffb');
});

test('extents that touch are one, empty ones none', async (t) => {
  const data = Buffer.alloc(1536, 1);
  const pieces = [
    [512, 512],
    [1024, 0],
    [1024, 512],
    [4096, 512],
    [8192, 0],
  ] as const;
  for (const bytes of [gnuSparse(8192, pieces, data), paxSparse(8192, pieces, data)]) {
    const [image] = await readAll(join(bytes));
    t.deepEqual(image?.extents, [
      [512, 1024],
      [4096, 512],
    ]);
    t.is(image?.dataSize, 1536);
  }
});

test('PAX sparse 0.0 and 0.1 tell the same map as 1.0', async (t) => {
  const data = Buffer.from('x'.repeat(512) + 'tail');
  const pieces = [
    [1024, 512],
    [4096, 4],
  ] as const;
  const v00 = pax([
    ['GNU.sparse.size', '5000'],
    ['GNU.sparse.numblocks', '2'],
    ...pieces.flatMap(([at, length]) => [
      ['GNU.sparse.offset', String(at)] as const,
      ['GNU.sparse.numbytes', String(length)] as const,
    ]),
  ]);
  const v01 = pax([
    ['GNU.sparse.name', 'img'],
    ['GNU.sparse.size', '5000'],
    ['GNU.sparse.numblocks', '2'],
    ['GNU.sparse.map', pieces.join(',')],
  ]);
  const file = entry({ name: 'img' }, data);
  const [image00] = await readAll(join(v00, file));
  const [image01] = await readAll(join(v01, file));
  const [image10] = await readAll(join(paxSparse(5000, pieces, data)));
  t.deepEqual(image10?.extents, pieces);
  t.deepEqual(image00, image10);
  t.deepEqual(image01, image10);
});

test('data nobody takes is skipped', async (t) => {
  const bytes = join(entry({ name: 'a' }, 'x'.repeat(3000)), entry({ name: 'b' }, 'end'));
  const found: string[] = [];
  for await (const each of readInnerTar(inPieces(bytes, 100))) {
    if (each.untrustedPath === 'a') {
      for await (const block of each.blocks()) {
        found.push(String(block.bytes.length));
        break;
      }
    } else found.push((await seen(each)).data.toString());
  }
  t.deepEqual(found, ['88', 'end']);
});

test('data is handed out once, and not after the next entry was asked for', async (t) => {
  const entries = readInnerTar(inPieces(join(entry({}, 'one'), entry({}, 'two')), 4096));
  const first = (await entries.next()).value;
  if (first === undefined) return t.fail();
  await seen(first);
  await t.throwsAsync(seen(first), { message: /only once/ });
  const second = (await entries.next()).value;
  await entries.next();
  if (second === undefined) return t.fail();
  await t.throwsAsync(seen(second), { message: /gone/ });
});

test('leaving early tells the source that nothing more is wanted', async (t) => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield entry({}, 'x');
    } finally {
      closed = true;
    }
  }
  for await (const each of readInnerTar(source())) {
    t.is(each.size, 1);
    break;
  }
  t.true(closed);
});

test('an error of the source comes through as it is', async (t) => {
  const cause = new Error('the peer went away');
  async function* source(): AsyncGenerator<Uint8Array> {
    yield header({ size: number12(1000) });
    throw cause;
  }
  const error = await t.throwsAsync(async () => {
    for await (const each of readInnerTar(source())) await seen(each);
  });
  t.is(error, cause);
});
