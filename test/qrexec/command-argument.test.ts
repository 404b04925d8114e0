import test from 'ava';
import fc from 'fast-check';

import { UsageError } from '../../lib/base/errors.ts';
import { decodeCommand, encodeCommand } from '../../lib/qrexec/command-argument.ts';

test('a command is encoded as the agent of Qubes decodes it', (t) => {
  t.is(encodeCommand(['ls', '-a', '/home/user']), 'ls+--a+-2Fhome-2Fuser');
  t.is(encodeCommand(['x', 'é', '']), 'x+-C3-A9+');
  t.is(encodeCommand(['a+b c\n']), 'a-2Bb-20c-0A');
});

test('any command comes back as it was, in characters that qrexec carries', (t) => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const argument = encodeCommand(words);
      t.regex(argument, /^[a-zA-Z0-9_.+-]*$/);
      t.deepEqual(decodeCommand(argument), words);
    }),
  );
});

for (const argument of ['a-', 'a-2', 'a-2f', 'a-GG', 'a b', 'é', 'a-00', 'a-FF', '---']) {
  test(`"${argument}" is no encoded command`, (t) => {
    t.throws(() => decodeCommand(argument), { instanceOf: UsageError });
  });
}
