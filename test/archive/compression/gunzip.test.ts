import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import test from 'ava';

import { gunzip } from '../../../lib/archive/compression/gunzip.ts';
import { collect } from '../../support/bytes.ts';
import { textBytes } from '../../support/content.ts';

const PLAIN = textBytes('gunzip', 10_000);

/** Compressed data, and behind it, after its end has long been seen, something else. */
async function* followedBy(...others: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield gzipSync(PLAIN);
  for (const other of others) {
    await delay(20);
    yield other;
  }
}

const ZEROS = new Uint8Array(512);

test('zeros that come late are padding, where padding is expected', async (t) => {
  t.deepEqual(await collect(gunzip(followedBy(ZEROS, ZEROS), true)), Buffer.from(PLAIN));
});

test('zeros that come late are damage, where no padding is expected', async (t) => {
  await t.throwsAsync(collect(gunzip(followedBy(ZEROS), false)), { message: /behind the end/ });
});

test('anything else that comes late is damage, padding or not', async (t) => {
  const late = [ZEROS, Buffer.from([0, 0, 7])];
  await t.throwsAsync(collect(gunzip(followedBy(...late), true)), { message: /behind the end/ });
});
