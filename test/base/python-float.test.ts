import test from 'ava';
import fc from 'fast-check';

import { readPythonFloat } from '../../lib/base/python-float.ts';

test("numbers are read in all the forms of Python's float()", (t) => {
  for (const [text, value] of [
    ['1.5', 1.5],
    [' \t-3\r\n', -3],
    ['+.5', 0.5],
    ['5.', 5],
    ['1_0.2_5', 10.25],
    ['-.5E-1', -0.05],
    ['1_0e+0_1', 100],
  ] as const) {
    t.is(readPythonFloat(text), value, text);
  }
});

test('other texts are none, and neither is what is not finite', (t) => {
  const texts = [
    '',
    ' ',
    '.',
    '_1',
    '1_',
    '1__0',
    '1_.5',
    '1._5',
    'e5',
    '1e',
    '+-1',
    '--1',
    '0x10',
  ];
  for (const text of [...texts, '1,5', '1 2', '1\0', '1e999', '-1e999', 'nan', 'inf', 'Infinity']) {
    t.is(readPythonFloat(text), undefined, text);
  }
});

test('every number reads back as it is printed', (t) => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
      t.is(readPythonFloat(String(value)), Object.is(value, -0) ? 0 : value);
    }),
  );
});

test('a long text is judged at once', (t) => {
  t.is(readPythonFloat(`${'1'.repeat(60_000)}x`), undefined);
  t.is(readPythonFloat(`${' '.repeat(60_000)}x`), undefined);
});
