import test from 'ava';
import fc from 'fast-check';

import { nodeOf, printXml } from '../../../lib/base/xml/print-xml.ts';
import type { XmlNode } from '../../../lib/base/xml/print-xml.ts';
import { parseXml } from '../../../lib/base/xml/xml.ts';

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .map((one) => one.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '_'));
const name = fc.stringMatching(/^[a-z][a-z-]{0,6}$/);
const attributes = fc
  .uniqueArray(fc.tuple(name, text), { selector: ([key]) => key, maxLength: 3 })
  .map((pairs) => new Map(pairs));

const { node } = fc.letrec<{ node: XmlNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.record({ name, attributes, text: fc.option(text, { nil: undefined }) }),
    fc.record({
      name,
      attributes,
      children: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

test('what is printed is read back the same, and printed the same again', (t) => {
  fc.assert(
    fc.property(node, (one) => {
      const printed = printXml(one);
      const root = parseXml(Buffer.from(printed), 'test.xml');
      const again = nodeOf(root);
      t.is(printXml(again), printed);
      t.deepEqual(again.attributes, one.attributes);
      t.is(root.text.trim(), (one.text ?? '').trim());
    }),
    { numRuns: 300 },
  );
});

test('it looks as lxml prints it', (t) => {
  const leaf = { name: 'b', attributes: new Map([['x', '<"&\'>\t\n\r']]), text: '<"&\'>\t\n\r' };
  const empty = { name: 'c', attributes: new Map<string, string>() };
  const root = {
    name: 'a',
    attributes: new Map([['é', 'ü']]),
    children: [leaf, empty, { ...empty, text: '' }],
  };
  t.is(
    printXml(root),
    '<a é="ü">\n' +
      '  <b x="&lt;&quot;&amp;\'&gt;&#9;&#10;&#13;">&lt;"&amp;\'&gt;\t\n&#13;</b>\n' +
      '  <c/>\n  <c></c>\n</a>',
  );
});
