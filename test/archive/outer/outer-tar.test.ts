import { createReadStream } from 'node:fs';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';

import type { OuterEntry } from '../../../lib/archive/outer/outer-entry.ts';
import { indexTarFile, readTarStream } from '../../../lib/archive/outer/outer-tar.ts';
import { DamagedError, NotReadableError, QubesRpcError } from '../../../lib/base/errors.ts';
import { collect, inBlocks } from '../../support/bytes.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { sandbox } from '../../support/sandbox.ts';
import { paxHeader, tarHeader, tarMember } from '../../support/tar-builder.ts';

fc.configureGlobal({ seed: 2 });

const text = (data: string): Uint8Array => Buffer.from(data);

/** What is compared of an entry. */
async function told(entry: OuterEntry): Promise<unknown> {
  const { untrustedName, type, size, mode, mtime } = entry;
  return { untrustedName, type, size, mode, mtime, data: await collect(entry.data()) };
}

async function toldAll(entries: AsyncIterable<OuterEntry>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const entry of entries) all.push(await told(entry));
  return all;
}

/** Names up to the end or the error. */
async function names(
  entries: AsyncIterable<OuterEntry>,
): Promise<{ names: string[]; error?: unknown }> {
  const found: string[] = [];
  try {
    for await (const entry of entries) found.push(entry.untrustedName);
    return { names: found };
  } catch (error) {
    return { names: found, error };
  }
}

/** Runs `use` on the entries of a file with these bytes. */
async function indexed<Result>(
  t: ExecutionContext,
  bytes: Uint8Array,
  use: (entries: ReturnType<typeof indexTarFile>) => Promise<Result>,
): Promise<Result> {
  const path = join(await sandbox(t), 'archive');
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    return await use(indexTarFile(file, bytes.length));
  } finally {
    await file.close();
  }
}

for (const name of FIXTURES) {
  test(`every member of ${name} is read as tar reads it, from a stream and from a file`, async (t) => {
    const path = fixture(name);
    const { stdout } = await execa('tar', ['-tif', path]);
    const file = await open(path);
    t.teardown(() => file.close());

    const streamed = await toldAll(readTarStream(createReadStream(path)));
    const fromFile = await toldAll(indexTarFile(file, (await file.stat()).size));

    t.deepEqual(fromFile, streamed);
    t.deepEqual((await names(readTarStream(createReadStream(path)))).names, stdout.split('\n'));
    const all = await execa('tar', ['-xiOf', path], { encoding: 'buffer' });
    const ours = (streamed as { data: Uint8Array }[]).map(({ data }) => data);
    t.is(Buffer.compare(Buffer.concat(ours), all.stdout), 0);
  });
}

test('entries of a file can be read in any order, later and twice', async (t) => {
  const bytes = Buffer.concat([tarMember('a', text('first')), tarMember('b', text('second'))]);
  await indexed(t, bytes, async (entries) => {
    const all: OuterEntry[] = [];
    for await (const entry of entries) all.push(entry);
    for (const index of [1, 0, 1]) {
      const data = await collect(all[index]?.data() ?? []);
      t.is(data.toString(), index === 0 ? 'first' : 'second');
    }
    t.is(all[1]?.offset, 1536);
  });
});

test('an archive may come one byte at a time, joined of several with zeros between', async (t) => {
  const bytes = Buffer.concat([
    tarMember('a', text('x'.repeat(513))),
    Buffer.alloc(9728),
    paxHeader({ path: 'a long name', size: '3', mtime: '1.5' }),
    tarMember('short', text('yes')),
    Buffer.alloc(1000),
  ]);
  const entries = await toldAll(readTarStream(inBlocks(bytes, 1)));
  t.deepEqual(entries, await toldAll(readTarStream(inBlocks(bytes, bytes.length))));
  t.like(entries, { length: 2, 1: { untrustedName: 'a long name', data: text('yes'), mtime: 15 } });
});

test('data that is not taken, or only in part, is skipped', async (t) => {
  const big = tarMember('big', Buffer.alloc(70_000, 1));
  const source = inBlocks(Buffer.concat([big, big, tarMember('last', text('end'))]), 1000);
  const found: string[] = [];
  for await (const entry of readTarStream(source)) {
    found.push(entry.untrustedName);
    for await (const block of entry.data()) {
      if (block.length > 0) break;
    }
  }
  t.deepEqual(found, ['big', 'big', 'last']);
});

test('a size beyond 8 GiB is read from its pax record, and its data is not touched', async (t) => {
  const size = 9 * 2 ** 30;
  const path = join(await sandbox(t), 'archive');
  await writeFile(
    path,
    Buffer.concat([paxHeader({ size: String(size) }), tarHeader({ name: 'huge' })]),
  );
  const behind = 1536 + size;
  await truncate(path, behind);
  const file = await open(path, 'r+');
  t.teardown(() => file.close());
  const last = tarMember('last', text('end'));
  await file.write(last, 0, last.length, behind);

  const found: unknown[] = [];
  for await (const entry of indexTarFile(file, behind + last.length)) {
    found.push([entry.untrustedName, entry.size, entry.offset]);
  }
  t.deepEqual(found, [
    ['huge', size, 1536],
    ['last', 3, behind + 512],
  ]);
});

test('what is no plain file is told as such, and its data is skipped', async (t) => {
  const bytes = Buffer.concat([
    ...['1', '2', '3', '4', '6', '7', 'S', 'V'].map((type) =>
      tarMember(`type ${type}`, text('data'), { type }),
    ),
    tarMember('folder/', text('data'), { type: '5' }),
    tarMember('file', text('data'), { type: '\0' }),
  ]);
  const types: string[] = [];
  for await (const { type } of readTarStream(inBlocks(bytes, 512))) types.push(type);
  t.deepEqual(types, [...Array.from({ length: 8 }, () => 'other'), 'directory', 'file']);
});

test('what is no tar archive is not readable', async (t) => {
  const { error } = await names(readTarStream(inBlocks(Buffer.alloc(2000, 'hello '), 512)));
  t.true(error instanceof NotReadableError);
  t.regex(String(error), /it is no tar archive/);
});

test('a broken header in the middle is an error that says where, never the end', async (t) => {
  const bytes = Buffer.concat([tarMember('a', text('1')), tarMember('b', text('2'))]);
  bytes[1024] = (bytes[1024] ?? 0) ^ 1;
  for (const { names: found, error } of [
    await names(readTarStream(inBlocks(bytes, 512))),
    await indexed(t, bytes, names),
  ]) {
    t.deepEqual(found, ['a']);
    t.true(error instanceof DamagedError);
    t.regex(String(error), /past byte 1024: broken tar header/);
  }
});

test('a cut anywhere is the end between members and an error within one', async (t) => {
  const first = tarMember('a', text('x'.repeat(600)));
  const bytes = Buffer.concat([first, tarMember('b', text('y'.repeat(600)))]);
  const DATA_END = 512 + 600;
  for (let cut = 1; cut < bytes.length; cut++) {
    const { error } = await names(readTarStream(inBlocks(bytes.subarray(0, cut), 300)));
    const inFirst = cut < first.length ? cut : cut - first.length;
    const clean = inFirst === 0 || inFirst >= DATA_END;
    t.is(error === undefined, clean, `cut at ${cut}`);
    if (error !== undefined) t.true(error instanceof QubesRpcError, `cut at ${cut}`);
  }
});

test('an entry that reaches beyond the end of a file is given with what there is of it', async (t) => {
  const bytes = tarMember('a', text('x'.repeat(600))).subarray(0, 700);
  await indexed(t, bytes, async (entries) => {
    const { value } = await entries.next();
    t.is(value?.size, 600);
    t.is((await collect(value?.data() ?? [])).length, 188);
    t.true((await entries.next()).done);
  });
});

const BASE_256_HUGE = Uint8Array.of(0x80, ...Array<number>(11).fill(0xff));
const BASE_256_NEGATIVE = Uint8Array.of(0xff, ...Array<number>(11).fill(0xf0));
const BASE_256_NEITHER = Uint8Array.of(0xc0, ...Array<number>(11).fill(0));
const NO_NUMBER = Buffer.from('99999999999\0');

for (const [what, bytes] of [
  ['a base-256 size of 2⁸⁸', tarHeader({ name: 'a', sizeField: BASE_256_HUGE })],
  ['a negative size', tarHeader({ name: 'a', sizeField: BASE_256_NEGATIVE })],
  ['a size of no known form', tarHeader({ name: 'a', sizeField: BASE_256_NEITHER })],
  ['a size that is no octal number', tarHeader({ name: 'a', sizeField: NO_NUMBER })],
  [
    'a pax size with a tail',
    Buffer.concat([paxHeader({ size: '5x' }), tarMember('a', text('hello'))]),
  ],
  [
    'a negative pax size',
    Buffer.concat([paxHeader({ size: '-5' }), tarMember('a', text('hello'))]),
  ],
  ['an overlong pax header', tarMember('p', Buffer.alloc(2 ** 21, '9 a=b\n'), { type: 'x' })],
  [
    'endless long names',
    Buffer.concat(Array<Uint8Array>(3000).fill(tarHeader({ name: 'l', type: 'L' }))),
  ],
] as const) {
  test(`${what} is refused`, async (t) => {
    const { names: found, error } = await names(readTarStream(inBlocks(bytes, 4096)));
    t.deepEqual(found, []);
    t.true(error instanceof NotReadableError);
  });
}

test('whatever bytes come, reading ends well or with an error of ours', async (t) => {
  const valid = Buffer.concat([
    paxHeader({ path: 'p', size: '3' }),
    tarMember('a', text('abc')),
    tarMember('b', text('def')),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 600 }),
      async (changes, tail) => {
        const bytes = Buffer.concat([valid, tail]);
        for (const [at, value] of changes) bytes[at] = value;
        const whole = await names(readTarStream(inBlocks(bytes, 600)));
        const bytewise = await names(readTarStream(inBlocks(bytes, 1)));
        t.deepEqual(bytewise.names, whole.names);
        t.is(String(bytewise.error), String(whole.error));
        if (whole.error !== undefined) t.true(whole.error instanceof QubesRpcError);
      },
    ),
    { numRuns: 200 },
  );
});
