import test from 'ava';
import fc from 'fast-check';

import {
  errorFrame,
  MAX_REQUEST_BYTES,
  okFrame,
  parseReply,
  parseRequest,
  requestFrame,
} from '../../lib/admin/frames.ts';
import {
  AdminError,
  ProtocolError,
  QubesException,
  QubesVMNotFoundError,
} from '../../lib/base/admin-error.ts';
import { NeedsError } from '../../lib/base/errors.ts';

const word = fc.stringMatching(/^[\x21-\x7e]{0,40}$/);
const header = fc.record({
  method: fc.stringMatching(/^[\x21-\x2a\x2c-\x7e]{0,40}$/),
  argument: word,
  source: word,
  destination: word,
});
const bytes = fc.uint8Array({ maxLength: 300 });

const parse = (text: string) => parseRequest(Buffer.from(text, 'latin1'));

test('a request that was built is understood as it was meant', (t) => {
  fc.assert(
    fc.property(header, bytes, (meant, payload) => {
      const { untrustedPayload, ...understood } = parseRequest(requestFrame(meant, payload));
      t.deepEqual(understood, meant);
      t.deepEqual(new Uint8Array(untrustedPayload), payload);
    }),
  );
});

test('a request begins as the reference sends it', (t) => {
  const frame = requestFrame(
    { method: 'admin.vm.tag.Set', argument: 'a+b', source: 'dom0', destination: 'work' },
    Buffer.from('x\0y'),
  );
  t.is(frame.toString(), 'admin.vm.tag.Set+a+b dom0 name work\0x\0y');
});

test('what cannot be carried is refused before it is sent', (t) => {
  const good = { method: 'm', argument: 'a', source: 's', destination: 'd' };
  t.notThrows(() => requestFrame(good));
  for (const part of ['method', 'argument', 'source', 'destination'] as const) {
    for (const bad of ['bad tag', 'a\0b', 'é', '\n', '\x7f']) {
      t.throws(() => requestFrame({ ...good, [part]: bad }), {
        instanceOf: ProtocolError,
        message: `Invalid character in the ${part} of the call`,
      });
    }
  }
  t.throws(() => requestFrame({ ...good, method: 'm+a' }), { instanceOf: ProtocolError });
});

test('a request has 65536 bytes at most, its header among them', (t) => {
  const one = { method: 'm', argument: '', source: 'dom0', destination: 'work' };
  const room = MAX_REQUEST_BYTES - requestFrame(one).length;
  t.is(requestFrame(one, new Uint8Array(room)).length, 65_536);
  t.throws(() => requestFrame(one, new Uint8Array(room + 1)), {
    instanceOf: ProtocolError,
    message: 'request too long: more than 65536 bytes',
  });
});

test('the header is cut where the reference cuts it', (t) => {
  t.like(parse('m dom0 name work\0'), { method: 'm', argument: '' });
  t.like(parse('m+ dom0 name work\0'), { method: 'm', argument: '' });
  t.like(parse('m+a+b dom0 name work\0'), { method: 'm', argument: 'a+b' });
  t.like(parse('m dom0 name a+b\0'), { method: 'm', argument: '', destination: 'a+b' });
  t.like(parse('m dom0 name work more\0'), { destination: 'work more' });
  t.like(parse('m dom0 keyword adminvm\0'), { destination: 'dom0' });
  t.like(parse('m  name work\0'), { source: '' });
  t.is(Buffer.from(parse('m dom0 name work\0a\0b').untrustedPayload).toString(), 'a\0b');
});

for (const [what, untrusted, reason] of [
  ['nothing', '', 'no end of the header'],
  ['no NUL', 'm dom0 name work', 'no end of the header'],
  ['an empty header', '\0', 'header has less than four words'],
  ['one word', 'm\0', 'header has less than four words'],
  ['two words', 'm dom0\0', 'header has less than four words'],
  ['three words', 'm dom0 name\0', 'header has less than four words'],
  ['an argument with a space', 'm+bad tag dom0 name work\0', 'only a destination by name'],
  ['another type', 'm dom0 type work\0', 'only a destination by name'],
  ['another keyword', 'm dom0 keyword default\0', 'only a destination by name'],
  ['a byte that is not ASCII', 'm+\xe9 dom0 name work\0', 'header is not ASCII'],
] as const) {
  test(`a request with ${what} is refused with the reason`, (t) => {
    const error = t.throws(() => parse(untrusted), { instanceOf: ProtocolError });
    t.true(error.message.startsWith('framing error: '), error.message);
    t.true(error.message.includes(reason), error.message);
  });
}

test('whatever bytes come, a request is understood or refused', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (untrusted) => {
        try {
          parseRequest(Buffer.from(untrusted));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
    ),
  );
});

test('replies have the bytes of the reference', (t) => {
  t.is(okFrame().toString(), '0\0');
  t.is(okFrame('Bär').toString(), '0\0Bär');
  t.is(okFrame(Uint8Array.of(0, 255)).toString('latin1'), '0\0\0\xff');
  t.is(
    errorFrame(QubesVMNotFoundError.of('nosuch')).toString(),
    "2\0QubesVMNotFoundError\0\0No such domain: 'nosuch'\0",
  );
});

test('a reply that was built is understood as it was meant', (t) => {
  fc.assert(
    fc.property(bytes, (content) => {
      t.deepEqual(new Uint8Array(parseReply(okFrame(content))), content);
    }),
  );
  const error = t.throws(() => parseReply(errorFrame(QubesVMNotFoundError.of('x'))));
  t.true(error instanceof QubesVMNotFoundError);
  t.is(error.message, "No such domain: 'x'");
});

test('an error of a class nobody knows is a QubesException', (t) => {
  const error = t.throws(() => parseReply(Buffer.from('2\0NewError\0trace\0what\0argument\0')));
  t.true(error instanceof QubesException);
  t.is(error.message, 'what');
});

test('what is no reply is told apart from an error of the daemon', (t) => {
  for (const [untrusted, message] of [
    ['', /answered nothing/],
    ['0', /no reply/],
    ['x\0', /no reply/],
    ['1\0', /no reply/],
    ['2\0', /cut off/],
    ['2\0QubesException\0', /cut off/],
    ['2\0QubesException\0\0half', /cut off/],
  ] as const) {
    t.throws(() => parseReply(Buffer.from(untrusted)), { instanceOf: NeedsError, message });
  }
});

test('a message with a NUL cannot forge a frame', (t) => {
  const error = t.throws(() => parseReply(errorFrame(new QubesException('a\0b'))));
  t.true(error instanceof AdminError);
  t.is(error.message, 'a_b');
});
