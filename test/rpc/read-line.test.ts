import test from 'ava';

import { ByteReader } from '../../lib/base/byte-reader.ts';
import { UsageError } from '../../lib/base/errors.ts';
import { readLine } from '../../lib/rpc/read-line.ts';
import { collect, inBlocks } from '../support/bytes.ts';

const request = (text: string | Uint8Array, block = 3): ByteReader =>
  new ByteReader(inBlocks(Buffer.from(text), block));

test('lines are taken without white space around them, and nothing behind them', async (t) => {
  for (const block of [1, 3, 100]) {
    const reader = request(' \t/my backup\t \n\nvm1/ vm2/\nrest\n', block);
    t.is(await readLine(reader, 100), '/my backup');
    t.is(await readLine(reader, 100), '');
    t.is(await readLine(reader, 100), 'vm1/ vm2/');
    t.is((await collect(reader.take(100))).toString(), 'rest\n');
  }
});

test('the end of the request ends a line', async (t) => {
  const reader = request('last');
  t.is(await readLine(reader, 100), 'last');
  t.is(await readLine(reader, 100), '');
});

test('a line may be as long as allowed and no longer', async (t) => {
  t.is(await readLine(request('12345\n'), 5), '12345');
  await t.throwsAsync(readLine(request('123456\n'), 5), { instanceOf: UsageError });
});

test('a line that is not UTF-8 is refused', async (t) => {
  t.is(await readLine(request('/é\n'), 10), '/é');
  await t.throwsAsync(readLine(request(Uint8Array.of(0xe9, 0x0a)), 10), { instanceOf: UsageError });
});
