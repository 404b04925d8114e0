import test from 'ava';
import fc from 'fast-check';

import {
  encode,
  HEADER_BYTES,
  MAX_DATA_BYTES,
  MessageReader,
  RESPONSE,
  typeOf,
  untrustedPathOf,
} from '../../lib/qubesdb/messages.ts';
import type { Message } from '../../lib/qubesdb/messages.ts';

const PATH = fc.stringMatching(/^\/[a-zA-Z0-9_.:@/-]{0,62}$/);

const MESSAGE = fc.record({
  type: fc.nat({ max: 255 }),
  path: PATH,
  data: fc.uint8Array({ maxLength: MAX_DATA_BYTES }),
});

/** All messages of a stream that comes in these pieces. */
function takeAll(reader: MessageReader, pieces: readonly Uint8Array[]): Message[] {
  const messages: Message[] = [];
  for (const piece of pieces) {
    reader.push(Buffer.from(piece));
    for (let one = reader.take(); one !== undefined; one = reader.take()) messages.push(one);
  }
  return messages;
}

/** A stream in pieces, cut at places that are no more than pseudo-random. */
function cut(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? stream.length;
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

test('a header has its parts where the compiler puts them', (t) => {
  const bytes = encode(1, '/a', Buffer.from('xyz'));
  t.is(
    bytes.toString('hex'),
    `01${Buffer.from('/a').toString('hex')}${'00'.repeat(62)}${'00'.repeat(3)}03000000` +
      Buffer.from('xyz').toString('hex'),
  );
});

test('what is encoded is read again, however it is cut', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(MESSAGE, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
        (messages, sizes) => {
          const stream = Buffer.concat(
            messages.map(({ type, path, data }) => encode(type, path, data)),
          );
          const read = takeAll(new MessageReader(), cut(stream, sizes));
          t.deepEqual(
            read.map(({ untrustedHeader, untrustedData }) => ({
              type: typeOf(untrustedHeader),
              path: untrustedPathOf(untrustedHeader),
              data: untrustedData && Uint8Array.from(untrustedData),
            })),
            messages,
          );
        },
      ),
    ),
  );
});

test('data beyond the limit is passed over, and the next message read', (t) => {
  const reader = new MessageReader();
  const large = encode(1, '/a', Buffer.alloc(MAX_DATA_BYTES + 1, 'x'));
  const [first, second] = takeAll(reader, [large, encode(RESPONSE.ok, '/b')]);
  t.is(first?.untrustedData, undefined);
  t.is(second && untrustedPathOf(second.untrustedHeader), '/b');
});

test('a length of 4 GiB costs no memory', (t) => {
  const reader = new MessageReader();
  const header = encode(1, '/a');
  header.writeUInt32LE(0xffff_ffff, HEADER_BYTES - 4);
  const block = Buffer.alloc(1024 * 1024);
  const before = process.memoryUsage().arrayBuffers;
  for (const piece of [header, ...Array.from({ length: 64 }, () => block)]) {
    reader.push(piece);
    t.is(reader.take(), undefined);
  }
  t.true(process.memoryUsage().arrayBuffers - before < 8 * block.length);
});

test('a path without a NUL ends where its room does', (t) => {
  const header = encode(0, '/a');
  header.fill('p', 1, 65);
  t.is(untrustedPathOf(header), 'p'.repeat(64));
});
