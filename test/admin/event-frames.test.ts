import test from 'ava';
import fc from 'fast-check';

import { eventFrame, EventReader } from '../../lib/admin/event-frames.ts';
import type { AdminEvent } from '../../lib/admin/event-frames.ts';
import { errorFrame } from '../../lib/admin/frames.ts';
import { QubesVMNotRunningError } from '../../lib/base/admin-error.ts';
import { NeedsError } from '../../lib/base/errors.ts';

const text = fc.stringMatching(/^[\x01-\x7e]{0,30}$/);
const payload = fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), text, { maxKeys: 4 });
const event = fc.tuple(text, text, payload);

/** Reads a stream in pieces of those sizes, again and again. */
function readAll(stream: Uint8Array, sizes: readonly number[] = [stream.length]): AdminEvent[] {
  const reader = new EventReader();
  const events: AdminEvent[] = [];
  for (let at = 0, piece = 0; at < stream.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1;
    events.push(...reader.push(stream.subarray(at, at + size)));
    at += size;
  }
  reader.end();
  return events;
}

test('events have the bytes of the reference', (t) => {
  t.is(eventFrame('', 'connection-established', {}).toString(), '1\0\0connection-established\0\0');
  t.is(
    eventFrame('work', 'property-set:memory', {
      name: 'memory',
      newvalue: 444,
      oldvalue: 400,
    }).toString(),
    '1\0work\0property-set:memory\0name\0memory\0newvalue\x00444\0oldvalue\x00400\0\0',
  );
  t.is(
    eventFrame('work', 'device-attach:block', {
      device: 'sys-net:sr0::0',
      options: new Map([
        ['read-only', 'yes'],
        ['frontend-dev', 'xvdi'],
      ]),
    }).toString(),
    "1\0work\0device-attach:block\0device\0sys-net:sr0::0\0options\0{'read-only': 'yes', 'frontend-dev': 'xvdi'}\0\0",
  );
  t.is(
    eventFrame('', 'e', { no: null, yes: true, vm: { name: 'work' }, empty: '' }).toString(),
    '1\0\0e\0no\0None\0yes\0True\0vm\0work\0empty\0\0\0',
  );
});

test('a stream of events is read the same in whatever pieces it comes', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), sizes, (events, pieces) => {
      const stream = Buffer.concat(events.map((one) => eventFrame(...one)));
      t.deepEqual(
        readAll(stream, pieces),
        events.map(([subject, name, facts]) => ({
          subject,
          event: name,
          payload: new Map(Object.entries(facts)),
        })),
      );
    }),
  );
});

test('an error of the daemon ends the stream, after the events before it', (t) => {
  const stream = Buffer.concat([
    eventFrame('', 'connection-established', {}),
    errorFrame(QubesVMNotRunningError.of('work')),
  ]);
  for (const size of [1, 7, stream.length]) {
    const seen: string[] = [];
    const reader = new EventReader();
    t.throws(
      () => {
        for (let at = 0; at < stream.length; at += size) {
          for (const { event: name } of reader.push(stream.subarray(at, at + size)))
            seen.push(name);
        }
      },
      { instanceOf: QubesVMNotRunningError },
    );
    t.deepEqual(seen, ['connection-established']);
  }
});

test('a stream that is cut off, or is none, is refused', (t) => {
  const whole = eventFrame('work', 'e', { key: 'value' });
  for (let length = 1; length < whole.length; length++) {
    t.throws(() => readAll(whole.subarray(0, length)), { instanceOf: NeedsError });
  }
  t.throws(() => readAll(Buffer.from('0\0')), { instanceOf: NeedsError });
  t.throws(() => readAll(Buffer.from('1 x')), { instanceOf: NeedsError });
});

test('an event without end is not gathered without end', (t) => {
  const reader = new EventReader();
  const block = new Uint8Array(64 * 1024).fill(0x61);
  t.deepEqual([...reader.push(Buffer.from('1\0'))], []);
  t.throws(
    () => {
      for (let count = 0; count < 100; count++) t.deepEqual([...reader.push(block)], []);
    },
    { instanceOf: NeedsError },
  );
});

test('all who are told of an event share its bytes', (t) => {
  const facts = { feature: 'f', value: 'v' };
  const frame = eventFrame('work', 'domain-feature-set:f', facts);
  t.is(eventFrame('work', 'domain-feature-set:f', facts), frame);
  const others = [
    eventFrame('vault', 'domain-feature-set:f', facts),
    eventFrame('vault', 'x', facts),
  ];
  t.deepEqual(
    others.map((one) => one.toString().split('\0').slice(1, 3)),
    [
      ['vault', 'domain-feature-set:f'],
      ['vault', 'x'],
    ],
  );
});
