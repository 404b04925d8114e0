import test from 'ava';
import fc from 'fast-check';
import { parsePythonDict, parsePythonList } from '../../../lib/archive/metadata/python-literal.ts';
import type { PythonScalar } from '../../../lib/archive/metadata/python-literal.ts';

test('lists and dictionaries as old stores have them are read', (t) => {
  t.deepEqual(parsePythonList('[]'), []);
  t.deepEqual(parsePythonList(' [ \'02:00.0\' , u"03:00.0", ] '), ['02:00.0', '03:00.0']);
  t.deepEqual(parsePythonList('[True, False, None, -12]'), [true, false, null, -12]);
  t.deepEqual([...parsePythonDict("{ 'meminfo-writer': True}")], [['meminfo-writer', true]]);
  t.deepEqual([...parsePythonDict('{}')], []);
});

for (const text of [
  '',
  '[',
  ']',
  '[,]',
  "['a' 'b']",
  "['a'],",
  "['a']x",
  "['a",
  '[1.5]',
  '[true]',
  '[[]]',
  '[a]',
  "[__import__('os')]",
  "['\\x41']",
  '{1: 2}',
  "{'a'}",
  "{'a': }",
  "{'a': 1 'b': 2}",
]) {
  test(`refused: ${text}`, (t) => {
    t.throws(() => parsePythonList(text), { instanceOf: SyntaxError });
    t.throws(() => parsePythonDict(text), { instanceOf: SyntaxError });
  });
}

const scalar = fc.oneof(
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger().filter((n) => !Object.is(n, -0) && Math.abs(n) < 1e15),
  fc.string(),
);
const print = (value: PythonScalar): string => {
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&')}'`;
  if (value === null) return 'None';
  return value === true ? 'True' : value === false ? 'False' : String(value);
};

test('what is printed is read back the same', (t) => {
  fc.assert(
    fc.property(fc.array(scalar), fc.dictionary(fc.string(), scalar), (list, dict) => {
      t.deepEqual(parsePythonList(`[${list.map(print).join(', ')}]`), list);
      const pairs = Object.entries(dict);
      const text = pairs.map(([key, value]) => `${print(key)}: ${print(value)}`).join(',');
      t.deepEqual(parsePythonDict(`{${text}}`), new Map(pairs));
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('any other text is refused with a SyntaxError, at once', (t) => {
  const part = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    "'",
    '"',
    '\\',
    'u',
    'True',
    '1',
    ' ',
    'é',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      for (const read of [parsePythonList, parsePythonDict]) {
        try {
          read(parts.join(''));
        } catch (error) {
          t.true(error instanceof SyntaxError);
        }
      }
    }),
    { numRuns: 1000, seed: 1 },
  );
  t.throws(() => parsePythonList(`[${' '.repeat(1_000_000)}`), { instanceOf: SyntaxError });
  t.throws(() => parsePythonList(`['${'\\'.repeat(1_000_001)}`), { instanceOf: SyntaxError });
});
