import test from 'ava';
import fc from 'fast-check';

import type { OuterEntry } from '../../../lib/archive/outer/outer-entry.ts';
import { readQfile } from '../../../lib/archive/outer/qfile-read.ts';
import { encodeQfileResult } from '../../../lib/archive/outer/qfile-result.ts';
import { sendQfile } from '../../../lib/archive/outer/qfile-send.ts';
import { ByteReader } from '../../../lib/base/byte-reader.ts';
import type { ByteSink } from '../../../lib/base/byte-sink.ts';
import {
  CancelledError,
  DamagedError,
  NeedsError,
  NotReadableError,
} from '../../../lib/base/errors.ts';
import { inBlocks } from '../../support/bytes.ts';

fc.configureGlobal({ seed: 2 });

function file(untrustedName: string, data = '', facts: Partial<OuterEntry> = {}): OuterEntry {
  const bytes = Buffer.from(data);
  const data_ = (): AsyncIterable<Uint8Array> => inBlocks(bytes, 5);
  return {
    untrustedName,
    type: 'file',
    size: bytes.length,
    mode: 0o600,
    mtime: 7,
    data: data_,
    ...facts,
  };
}

async function* from(
  entries: readonly OuterEntry[],
  taken: string[] = [],
): AsyncGenerator<OuterEntry> {
  for (const entry of entries) {
    taken.push(entry.untrustedName);
    yield entry;
  }
}

/** The answer of a receiver that read all of what has been written to the sink until it was asked. */
class Receiver implements ByteSink {
  readonly blocks: Uint8Array[] = [];
  readonly names: string[] = [];
  complete = false;
  #asked: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => {
    this.#asked = resolve;
  });

  async write(bytes: Uint8Array): Promise<void> {
    this.blocks.push(bytes);
    // The end mark is the only block of 32 bytes in these tests, and all zeros.
    if (bytes.length === 32 && bytes.every((byte) => byte === 0)) this.#asked();
  }

  async end(): Promise<void> {
    this.#asked();
  }

  async *answer(code = 0): AsyncGenerator<Uint8Array> {
    await this.ended;
    const reading = readQfile(inBlocks(Buffer.concat(this.blocks), 1));
    for await (const { untrustedName } of reading.entries) this.names.push(untrustedName);
    this.complete = reading.complete;
    yield reading.result(code);
  }
}

async function sentNames(
  names: readonly string[],
  filters: readonly string[],
): Promise<{ sent: string[]; taken: string[] }> {
  const receiver = new Receiver();
  const taken: string[] = [];
  const entries = from(
    names.map((name) => file(name)),
    taken,
  );
  await sendQfile(entries, filters, receiver, new ByteReader(receiver.answer()));
  return { sent: receiver.names, taken };
}

const BACKUP = [
  'backup-header',
  'backup-header.hmac',
  'qubes.xml.000',
  'vm1/a',
  'vm10/a',
  'vm2/a',
  'z',
];

test('without filters everything is sent', async (t) => {
  t.deepEqual((await sentNames(BACKUP, [])).sent, BACKUP);
});

test('filters are beginnings of names', async (t) => {
  t.deepEqual((await sentNames(BACKUP, ['vm1'])).sent, ['vm1/a', 'vm10/a']);
  t.deepEqual((await sentNames(BACKUP, ['vm1/', 'z'])).sent, ['vm1/a', 'z']);
  t.deepEqual((await sentNames(BACKUP, ['nothing'])).sent, []);
});

test('the archive is read no further than the first file behind all that is wanted', async (t) => {
  const header = ['backup-header', 'backup-header.hmac', 'qubes.xml'];
  t.deepEqual(await sentNames(BACKUP, header), {
    sent: BACKUP.slice(0, 3),
    taken: BACKUP.slice(0, 4),
  });
});

test('a filter that is the beginning of another does not hide what the other wants', async (t) => {
  const names = ['vm1/a', 'vm10', 'skipped', 'vm10/b', 'end'];
  t.deepEqual((await sentNames(names, ['vm1', 'vm10/'])).sent, ['vm1/a', 'vm10', 'vm10/b']);
});

test('folders are announced once, outermost first, with permissions and time of their first file', async (t) => {
  const receiver = new Receiver();
  const entries = from([
    file('a/b/one', '', { mode: 0o4640, mtime: 11 }),
    file('a/b/two', '', { mode: 0o600, mtime: 12 }),
    file('//c//three', '', { mode: 0o600, mtime: 13 }),
  ]);
  await sendQfile(entries, [], receiver, new ByteReader(receiver.answer()));
  const headers = receiver.blocks.slice(0, -1).map((bytes) => {
    const header = Buffer.from(bytes);
    return [
      header.subarray(32, -1).toString(),
      header.readUInt32LE(4).toString(8),
      header.readUInt32LE(24),
    ];
  });
  t.deepEqual(headers, [
    ['a', '44640', 11],
    ['a/b', '44640', 11],
    ['a/b/one', '104640', 11],
    ['a/b/two', '100600', 12],
    ['c', '40600', 13],
    ['//c//three', '100600', 13],
  ]);
});

test('only plain files are sent, and nothing else ends the search', async (t) => {
  const receiver = new Receiver();
  const entries = from([
    file('vm1/a'),
    file('folder', '', { type: 'directory' }),
    file('vm1/link', '', { type: 'other' }),
    file('vm1/b'),
  ]);
  await sendQfile(entries, ['vm1/'], receiver, new ByteReader(receiver.answer()));
  t.deepEqual(receiver.names, ['vm1/a', 'vm1/b']);
});

test('any files arrive as they were sent', async (t) => {
  const name = fc.stringMatching(/^[a-c]{1,3}(\/[a-cé]{1,3}){0,2}$/);
  const entry = fc.record({
    name,
    data: fc.string({ maxLength: 40 }),
    mode: fc.nat(0o7777),
    mtime: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (files) => {
      const receiver = new Receiver();
      const entries = from(files.map(({ name, data, ...facts }) => file(name, data, facts)));
      await sendQfile(entries, [], receiver, new ByteReader(receiver.answer()));
      t.true(receiver.complete);

      const arrived: unknown[] = [];
      for await (const entry of readQfile(inBlocks(Buffer.concat(receiver.blocks), 13)).entries) {
        let data = '';
        for await (const block of entry.data()) data += Buffer.from(block).toString('latin1');
        arrived.push([entry.untrustedName, entry.mode, entry.mtime, data]);
      }
      const expected = files.map(({ name, mode, mtime, data }) => [
        name,
        mode,
        mtime,
        Buffer.from(data).toString('latin1'),
      ]);
      t.deepEqual(arrived, expected);
    }),
    { numRuns: 100 },
  );
});

test('an entry with less data than announced is an error, and no end mark is sent', async (t) => {
  const receiver = new Receiver();
  const entries = from([file('vm1/a', 'short', { size: 6 })]);
  const error = await t.throwsAsync(
    sendQfile(entries, [], receiver, new ByteReader(receiver.answer())),
    { instanceOf: DamagedError },
  );
  t.regex(error.message, /cut off in the middle of vm1\/a/);
  const reading = readQfile(inBlocks(Buffer.concat(receiver.blocks), 100));
  await t.throwsAsync(reading.entries.next().then(() => reading.entries.next()));
  t.false(reading.complete);
});

test('an archive that turns out to be broken is an error, and no end mark is sent', async (t) => {
  const receiver = new Receiver();
  const broken = async function* (): AsyncGenerator<OuterEntry> {
    yield file('a', 'data');
    throw new NotReadableError('broken');
  };
  await t.throwsAsync(sendQfile(broken(), [], receiver, new ByteReader(receiver.answer())), {
    message: 'broken',
  });
  t.is(Buffer.concat(receiver.blocks).length, 32 + 2 + 4);
});

for (const [code, type, message] of [
  [17, NeedsError, /already has a file named "a"/],
  [22, DamagedError, /corrupted data; last file: a/],
  [84, DamagedError, /refuses a character/],
  [67, DamagedError, /refuses the link/],
  [28, NeedsError, /no space left on device; last file: a/],
  [31415926, CancelledError, /end too early; last file: a/],
  [4_000_000_000, NeedsError, /error 4000000000/],
] as const) {
  test(`the receiver's error ${code} is told in words`, async (t) => {
    const receiver = new Receiver();
    const sending = sendQfile(
      from([file('a')]),
      [],
      receiver,
      new ByteReader(receiver.answer(code)),
    );
    t.regex((await t.throwsAsync(sending, { instanceOf: type })).message, message);
  });
}

test('a receiver that had something else arrive is an error', async (t) => {
  const receiver = new Receiver();
  const answer = inBlocks(encodeQfileResult(0, 1, Buffer.from('a')), 3);
  await t.throwsAsync(sendQfile(from([file('a')]), [], receiver, new ByteReader(answer)), {
    instanceOf: DamagedError,
    message: /checksum mismatch/,
  });
});

test('the answer of an old receiver, without last name, is understood', async (t) => {
  const receiver = new Receiver();
  const short = async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of receiver.answer()) yield bytes.subarray(0, 16);
  };
  await t.notThrowsAsync(sendQfile(from([file('a')]), [], receiver, new ByteReader(short())));
});

test('a receiver that has enough ends the sending at once, and well', async (t) => {
  const receiver = new Receiver();
  const answer = inBlocks(encodeQfileResult(122, 0, Buffer.from('a')), 100);
  const endless = async function* (): AsyncGenerator<OuterEntry> {
    for (;;) {
      await new Promise(setImmediate);
      yield file('a', 'data');
    }
  };
  await t.notThrowsAsync(sendQfile(endless(), [], receiver, new ByteReader(answer)));
});

const closedSink: ByteSink = {
  write: () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  end: () => Promise.resolve(),
};

test('a receiver that closes its end may have said that it has enough', async (t) => {
  const answer = inBlocks(encodeQfileResult(122, 0, new Uint8Array(0)), 4);
  await t.notThrowsAsync(sendQfile(from([file('a')]), [], closedSink, new ByteReader(answer)));
});

test('a receiver that goes away without a word is an error', async (t) => {
  const answer = inBlocks(encodeQfileResult(0, 0, new Uint8Array(0)).subarray(0, 15), 4);
  await t.throwsAsync(sendQfile(from([file('a')]), [], closedSink, new ByteReader(answer)), {
    instanceOf: CancelledError,
    message: /went away/,
  });
});
