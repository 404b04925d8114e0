import test from 'ava';
import fc from 'fast-check';

import { ProtocolError } from '../../lib/base/admin-error.ts';
import { cleanNotes } from '../../lib/model/notes.ts';

const clean = (text: string) => cleanNotes(Buffer.from(text));

const CASES: readonly (readonly [text: string, kept: string])[] = [
  ['', ''],
  ['zażółć\ttab\nnl \u0007bell \u202e', 'zażółć\ttab\nnl _bell _'],
  [
    '日本語 ひらがな カタカナ 한국어 Ελληνικά Кириллица',
    '日本語 ひらがな カタカナ 한국어 Ελληνικά Кириллица',
  ],
  ['50 € ≤ 60 £', '50 € ≤ 60 £'],
  ['\r\n', '_\n'],
  ['عربي עברית ไทย', '____ _____ ___'],
  ['a\u00a0b\u200bc\ufeffd', 'a_b_c_d'],
  ['\ufeffx', '_x'],
  ['😀👩‍👩‍👧', '______'],
  ['\ue000\u{10ffff}\u0378', '___'],
  ['e\u0301', 'e_'],
  ['؛؟ـ', '___'],
];

for (const [text, kept] of CASES) {
  test(`of ${JSON.stringify(text)} stays what is safe to show`, (t) => {
    t.is(clean(text), kept);
  });
}

test('printable ASCII stays, what is cleaned stays clean, and nothing gets longer', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const cleaned = clean(text);
      t.is(clean(cleaned), cleaned);
      t.true(cleaned.length <= Buffer.from(text).toString().length);
      t.false(/(?![\t\n])\p{C}/u.test(cleaned));
    }),
  );
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  t.is(clean(ascii), ascii);
});

test('notes have at most 256000 bytes', (t) => {
  t.is(clean('x'.repeat(256_000)).length, 256_000);
  t.throws(() => clean('x'.repeat(256_001)), {
    instanceOf: ProtocolError,
    message: 'Maximum note size is 256000 bytes (256001 bytes received)',
  });
});

test('what is no UTF-8 is refused', (t) => {
  for (const bytes of [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80]]) {
    t.throws(() => cleanNotes(Uint8Array.from(bytes)), {
      instanceOf: ProtocolError,
      message: /^Unable to sanitise qube notes: /,
    });
  }
});
