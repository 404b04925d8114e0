import test from 'ava';

import { ProtocolError } from '../../lib/base/admin-error.ts';
import { LETTERS_AND_DIGITS, parseSafeText, WORDS } from '../../lib/rpc/safe-text.ts';

test('takes what is allowed', (t) => {
  t.is(parseSafeText(Buffer.from(''), WORDS), '');
  t.is(parseSafeText(Buffer.from('a Z,9.-_='), WORDS), 'a Z,9.-_=');
});

for (const [text, allowed] of [
  ['a\n', WORDS],
  ['a/b', WORDS],
  ['ż', WORDS],
  ['a-b', LETTERS_AND_DIGITS],
] as const) {
  test(`refuses ${JSON.stringify(text)} where only ${allowed} is allowed`, (t) => {
    t.throws(() => parseSafeText(Buffer.from(text), allowed), {
      instanceOf: ProtocolError,
      message: `Value outside safe set: ${allowed}`,
    });
  });
}
