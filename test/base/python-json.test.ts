import test from 'ava';

import { pythonJson } from '../../lib/base/python-json.ts';
import type { Json } from '../../lib/base/python-json.ts';

const CASES: readonly (readonly [Json, string])[] = [
  [{}, '{}'],
  [[], '[]'],
  [
    { domains: { dom0: { tags: ['a', 'b'], on: true, off: false, none: null } } },
    '{"domains": {"dom0": {"tags": ["a", "b"], "on": true, "off": false, "none": null}}}',
  ],
  ['żółw\u{1f422}', '"\\u017c\\u00f3\\u0142w\\ud83d\\udc22"'],
  ['"\\\b\f\n\r\t\u0001\u007f', '"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f"'],
];

for (const [value, expected] of CASES) {
  test(`prints ${expected}`, (t) => {
    t.is(pythonJson(value), expected);
    t.deepEqual(JSON.parse(pythonJson(value)), value);
  });
}
