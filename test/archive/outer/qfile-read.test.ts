import test from 'ava';
import fc from 'fast-check';

import { crc32 } from '../../../lib/archive/outer/crc32.ts';
import { encodeQfileHeader, S_IFDIR, S_IFREG } from '../../../lib/archive/outer/qfile-header.ts';
import { readQfile, type QfileLimits } from '../../../lib/archive/outer/qfile-read.ts';
import { QFILE_ENOUGH } from '../../../lib/archive/outer/qfile-result.ts';
import { DamagedError, NotReadableError, QubesRpcError } from '../../../lib/base/errors.ts';
import { collect, inBlocks } from '../../support/bytes.ts';

fc.configureGlobal({ seed: 2 });

const S_IFLNK = 0o120000;
const END = new Uint8Array(32);

function sent(name: string, data: string, mode = S_IFREG | 0o640, size = data.length): Uint8Array {
  const untrustedName = Buffer.from(`${name}\0`);
  const header = { nameLength: untrustedName.length, mode, size, mtime: 1_000_000_007 };
  return Buffer.concat([encodeQfileHeader(header), untrustedName, Buffer.from(data)]);
}

interface Received {
  readonly files: Record<string, string>;
  readonly complete: boolean;
  readonly error?: unknown;
  result(code: number): Uint8Array;
}

async function receive(bytes: Uint8Array, block = 1, limits?: QfileLimits): Promise<Received> {
  const reading = readQfile(inBlocks(bytes, block), limits);
  const files: Record<string, string> = {};
  const received = (error?: unknown): Received => ({
    files,
    error,
    complete: reading.complete,
    result: (code) => reading.result(code),
  });
  try {
    for await (const entry of reading.entries) {
      files[entry.untrustedName] = (await collect(entry.data())).toString();
    }
    return received();
  } catch (error) {
    return received(error);
  }
}

test('a stream as the stock sender writes it is received, and confirmed in its format', async (t) => {
  const stream = Buffer.from(
    '04000000a44100000000000000000000c2d8016a00000000c2d8016a00000000' +
      Buffer.from('vm1\0').toString('hex') +
      '06000000a48100000300000000000000c2d8016a00000000c2d8016a00000000' +
      Buffer.from('vm1/f\0abc').toString('hex') +
      '00'.repeat(32),
    'hex',
  );
  const reading = readQfile(inBlocks(stream, 7));
  const { value } = await reading.entries.next();
  t.like(value, { untrustedName: 'vm1/f', type: 'file', size: 3, mode: 0o644, mtime: 0x6a01d8c2 });
  t.is(reading.complete, false);
  t.true((await reading.entries.next()).done);
  t.is(reading.complete, true);

  const crc = Buffer.alloc(8);
  crc.writeUInt32LE(crc32(stream, 0));
  t.is(
    Buffer.from(reading.result(0)).toString('hex'),
    `0000000000000000${crc.toString('hex')}05000000${Buffer.from('vm1/f').toString('hex')}`,
  );
});

test('a receiver that has enough may leave at any time and still answers', async (t) => {
  const bytes = Buffer.concat([sent('a', 'first'), sent('b', 'second'), END]);
  const reading = readQfile(inBlocks(bytes, 5));
  for await (const { untrustedName } of reading.entries) if (untrustedName === 'b') break;
  t.is(reading.complete, false);
  const answer = Buffer.from(reading.result(QFILE_ENOUGH));
  t.is(answer.readUInt32LE(0), 122);
  t.is(answer.subarray(20).toString(), 'b');
});

test('a stream that is cut off anywhere is never taken for complete', async (t) => {
  const bytes = Buffer.concat([sent('vm1', '', S_IFDIR | 0o755), sent('vm1/a', 'data'), END]);
  t.is((await receive(bytes)).error, undefined);
  for (let cut = 0; cut < bytes.length; cut++) {
    const { complete, error } = await receive(bytes.subarray(0, cut), 3);
    t.false(complete, `cut at ${cut}`);
    t.true(error instanceof DamagedError, `cut at ${cut}`);
    t.regex(String(error), /cut off/);
  }
});

test('what comes behind the end mark is not part of the stream', async (t) => {
  const bytes = Buffer.concat([sent('a', '1'), END]);
  const longer = await receive(Buffer.concat([bytes, sent('b', '2')]), 64);
  t.deepEqual(longer.files, { a: '1' });
  t.true(longer.complete);
  t.deepEqual(longer.result(0), (await receive(bytes)).result(0));
});

const nameWith = (bytes: string): Uint8Array =>
  Buffer.concat([
    encodeQfileHeader({ nameLength: bytes.length, mode: S_IFREG, size: 0, mtime: 0 }),
    Buffer.from(bytes, 'latin1'),
    END,
  ]);

for (const [what, bytes, reason] of [
  ['a link', sent('link', '/etc/passwd', S_IFLNK | 0o777), /neither a file nor a folder/],
  ['a device', sent('sda', '', 0o060600), /neither a file nor a folder/],
  ['a folder with data', sent('vm1', 'data', S_IFDIR | 0o755), /size of vm1 makes no sense/],
  ['a size of 2⁶³', sent('a', '', S_IFREG, 2 ** 63), /size of a makes no sense/],
  ['a name of 16 KiB', nameWith(`${'n'.repeat(16383)}\0`), /overlong name/],
  ['a name without NUL', nameWith('name'), /does not end where it should/],
  ['a name with a NUL inside', nameWith('na\0me\0'), /does not end where it should/],
  ['a name of a NUL only', nameWith('\0'), /does not end where it should/],
] as const) {
  test(`${what} is refused`, async (t) => {
    const { files, complete, error } = await receive(bytes, 100);
    t.deepEqual(files, {});
    t.false(complete);
    t.true(error instanceof DamagedError);
    t.regex(String(error), reason);
  });
}

test('names in messages cannot reach the terminal as they are', async (t) => {
  const { error } = await receive(sent('\x1b[2Jx', '', S_IFLNK));
  t.regex(String(error), /: _\[2Jx is neither/);
});

test('no more bytes and entries are taken than allowed', async (t) => {
  const bytes = Buffer.concat([
    sent('vm', '', S_IFDIR),
    sent('vm/a', '12'),
    sent('vm/b', '345'),
    END,
  ]);
  t.is((await receive(bytes, 9, { maxBytes: 5, maxFiles: 3 })).error, undefined);
  for (const limits of [{ maxBytes: 4 }, { maxFiles: 2 }]) {
    const { files, error } = await receive(bytes, 9, limits);
    t.deepEqual(files, { 'vm/a': '12' });
    t.true(error instanceof NotReadableError);
  }
});

test('whatever bytes come, receiving ends well or with an error of ours', async (t) => {
  const valid = Buffer.concat([sent('vm', '', S_IFDIR), sent('vm/a', 'data'), END]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }),
      async (changes) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of changes) bytes[at] = value;
        const whole = await receive(bytes, bytes.length);
        const bytewise = await receive(bytes, 1);
        t.deepEqual(bytewise.files, whole.files);
        t.is(String(bytewise.error), String(whole.error));
        t.is(whole.complete, whole.error === undefined);
        if (whole.error !== undefined) t.true(whole.error instanceof QubesRpcError);
      },
    ),
    { numRuns: 300 },
  );
});
