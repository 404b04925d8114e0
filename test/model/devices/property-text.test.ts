import test from 'ava';
import fc from 'fast-check';

import { AdminError } from '../../../lib/base/admin-error.ts';
import {
  parseDeviceProperties,
  printDeviceProperty,
} from '../../../lib/model/devices/property-text.ts';

const text = (from: number, options: fc.StringConstraints = {}): fc.Arbitrary<string> =>
  fc.string({
    ...options,
    unit: fc.integer({ min: from, max: 0x7e }).map((code) => String.fromCharCode(code)),
  });

/** What looks like the end of a value and the beginning of the next cannot be told from it. */
const value = text(0x20).filter((one) => !/' +[^ ]+=$/.test(one));

const key = text(0x21, { minLength: 1, maxLength: 9 }).filter((one) => !/["'=`]/.test(one));

test('what is printed is read back the same', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name }), (pairs) => {
      const printed = pairs.map(([name, one]) => printDeviceProperty(name, one)).join(' ');
      t.deepEqual([...parseDeviceProperties(printed)], pairs);
    }),
    { numRuns: 500 },
  );
});

test('whatever is printed is one line of printable ASCII with one property', (t) => {
  const anything = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(anything, anything, (name, one) => {
      t.regex(printDeviceProperty(`_${name}`, one), /^[!#-&(-<>-_a-~]+='(?:[^'\n]|\\')*'$/);
    }),
  );
});

test('whatever is sent is read or refused', (t) => {
  const pieces = fc.array(
    fc.oneof(fc.constantFrom("mode='", "'", "\\'", ' ', '=', "_a='b'", "' x='"), text(0x20)),
  );
  fc.assert(
    fc.property(pieces, (all) => {
      try {
        t.true(parseDeviceProperties(all.join('')).size >= 0);
      } catch (error) {
        t.true(error instanceof AdminError);
      }
    }),
    { numRuns: 500 },
  );
});

test('a long text that is no property is refused at once', (t) => {
  for (const piece of ["\\' a=", "'a b=", "_a='x' ", 'a', "'", ' ']) {
    const started = performance.now();
    t.throws(() => parseDeviceProperties(`x='${piece.repeat(60_000 / piece.length)}`));
    t.true(performance.now() - started < 1000, JSON.stringify(piece));
  }
});
