import test from 'ava';
import fc from 'fast-check';
import { parseXml, select } from '../../../lib/base/xml/xml.ts';
import type { XmlElement } from '../../../lib/base/xml/xml.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { fixture } from '../../archive/metadata/manifest.ts';

const parse = (text: string): XmlElement => parseXml(Buffer.from(text), 'test.xml');
const refusal = (untrusted: Uint8Array | string): string => {
  try {
    parseXml(typeof untrusted === 'string' ? Buffer.from(untrusted) : untrusted, 'test.xml');
  } catch (error) {
    if (error instanceof DamagedError && error.facts.stage === 'content') return error.message;
    throw error;
  }
  return 'accepted';
};

test('values keep their spelling: nothing is trimmed, rounded or turned into a number', (t) => {
  const root = parse('<a x=" 007 " y="1e5"> 0x10 <b>1.0</b>\n</a>');
  t.is(root.attributes.get('x'), ' 007 ');
  t.is(root.attributes.get('y'), '1e5');
  t.is(root.text, ' 0x10 \n');
  t.is(root.children[0]?.text, '1.0');
});

test('references are decoded once, in text and attributes, numbers included', (t) => {
  const root = parse('<a x="1&#10;2&#x1F600;&quot;&apos;">&lt;&amp;lt;&#38;gt;&#9;&gt;</a>');
  t.is(root.attributes.get('x'), '1\n2\u{1F600}"\'');
  t.is(root.text, '<&lt;&gt;\t>');
});

test('line ends are one line feed; in attributes they are blanks unless written as references', (t) => {
  t.is(parse('<a>1\r\n2\r3\n</a>').text, '1\n2\n3\n');
  t.is(parse('<a x="1\r\n2\t3&#13;&#9;"/>').attributes.get('x'), '1 2 3\r\t');
});

test('CDATA is taken as it stands, comments are left out', (t) => {
  const root = parse('<!-- <x> --><a>1<![CDATA[ <b>&amp; ]]><!-- & > -->2<b/></a>\n<!-- -->\n');
  t.is(root.text, '1 <b>&amp; 2');
  t.deepEqual(
    root.children.map(({ name }) => name),
    ['b'],
  );
});

test('one child and many children look the same, in the order of the document', (t) => {
  const names = (text: string): string[] => parse(text).children.map(({ name }) => name);
  t.deepEqual(names('<a><b/></a>'), ['b']);
  t.deepEqual(names('<a><b/><c/><b/></a>'), ['b', 'c', 'b']);
  t.is(select(parse('<a><b><c/></b><d/><b><c/><c/></b></a>'), 'b', 'c').length, 3);
});

test('a declaration, a byte order mark and names of Object members do no harm', (t) => {
  t.is(parse(`\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>\n<a>ž</a>`).text, 'ž');
  const root = parse('<toString valueOf="1"><hasOwnProperty hasOwnProperty="2"/></toString>');
  t.is(root.attributes.get('valueOf'), '1');
  t.is(root.children[0]?.attributes.get('hasOwnProperty'), '2');
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    t.not(refusal(`<a><${name} x="1"/></a>`), 'accepted');
    t.not(refusal(`<a ${name}="1"/>`), 'accepted');
  }
  t.is(Object.keys(Object.prototype).length, 0);
});

const BILLION_LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]><lolz>&lol2;</lolz>`;
const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['billion laughs', BILLION_LAUGHS, /DOCTYPE/],
  ['a DOCTYPE', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /DOCTYPE/],
  ['a DOCTYPE after the root', '<a/><!DOCTYPE a>', /DOCTYPE/],
  ['an entity declaration', '<a><!ENTITY b "c"></a>', /malformed tag/],
  ['an unknown entity', '<a>&nbsp;</a>', /unknown entity/],
  ['an unknown entity in an attribute', '<a b="&copy;"/>', /unknown entity/],
  ['an entity named like an Object member', '<a>&toString;</a>', /stray "&"/],
  ['a bare ampersand', '<a>1 & 2</a>', /stray "&"/],
  ['a reference to NUL', '<a>&#0;</a>', /unknown entity/],
  ['a reference to half a character', '<a>&#xD800;</a>', /unknown entity/],
  ['a reference beyond Unicode', '<a>&#x110000;</a>', /unknown entity/],
  ['two roots', '<a/><b/>', /more than one root/],
  ['text after the root', '<a/>x', /outside the root/],
  ['text before the root', 'x<a/>', /outside the root/],
  ['CDATA after the root', '<a/><![CDATA[x]]>', /outside the root/],
  ['NUL', '<a>\0</a>', /character that XML forbids/],
  ['an escape character', '<a>\x1b[2J</a>', /character that XML forbids/],
  ['nothing', '', /no root/],
  ['only white space', ' \n', /no root/],
  ['only a comment', '<!-- a -->', /no root/],
  ['tags that cross', '<a><b></a></b>', /does not match/],
  ['an end without a start', '</a>', /does not match/],
  ['a start without an end', '<a><b></b>', /ends inside <a>/],
  ['a cut-off tag', '<a><b', /malformed tag/],
  ['a cut-off attribute', '<a b="c', /malformed tag/],
  ['a cut-off comment', '<a><!-- b', /comment without an end/],
  ['a cut-off CDATA section', '<a><![CDATA[b</a>', /CDATA section without an end/],
  ['two hyphens in a comment', '<a><!-- b -- c --></a>', /malformed comment/],
  ['an attribute without quotes', '<a b=c/>', /malformed tag/],
  ['an attribute without value', '<a b/>', /malformed tag/],
  ['attributes that touch', '<a b="1"c="2"/>', /malformed tag/],
  ['an attribute that stands there twice', '<a b="1" b="1"/>', /twice the attribute b/],
  ['a tag in an attribute', '<a b="<c/>"/>', /malformed tag/],
  ['the end of a CDATA section in a text', '<a>]]></a>', /"\]\]>" in a text/],
  ['a processing instruction', '<a><?php ?></a>', /processing instruction/],
  ['a declaration in the middle', '<a/><?xml version="1.0"?>', /processing instruction/],
  ['a second declaration', '<?xml version="1.0"?><?xml version="1.0"?><a/>', /processing/],
  ['another encoding', '<?xml version="1.0" encoding="latin1"?><a/>', /processing instruction/],
  ['a name that begins with a digit', '<1/>', /malformed tag/],
  ['a blank before a name', '< a/>', /malformed tag/],
  ['deep nesting', '<a>'.repeat(33) + '</a>'.repeat(33), /nest deeper than 32/],
  ['very deep nesting', '<a>'.repeat(1_000_000), /nest deeper than 32/],
  ['a huge attribute', `<a b="${'x'.repeat(70_000)}"/>`, /too long/],
  [
    'too many attributes',
    `<a${Array.from({ length: 300 }, (_, i) => ` b${i}="1"`).join('')}/>`,
    /too many attributes/,
  ],
  ['very many elements', `<a>${'<b/>'.repeat(500_000)}</a>`, /more than 500000 elements/],
  ['a huge document', `<a>${' '.repeat(17 << 20)}</a>`, /more than 16777216/],
];
for (const [what, text, message] of REFUSALS) {
  test(`refused: ${what}`, (t) => {
    t.regex(refusal(text), message);
  });
}

test('refused: bytes that are not UTF-8', (t) => {
  t.not(refusal(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])), 'accepted');
});

test('hostile repetition costs a moment, not minutes', (t) => {
  const size = 2_000_000;
  const hostile = [
    `<a${' '.repeat(size)}b`,
    `<a ${'b'.repeat(size)}`,
    '<'.repeat(size),
    `<a>${'&'.repeat(size)}</a>`,
    `<a>${'<![CDATA['.repeat(size / 9)}`,
    `<a>${'<!--'.repeat(size / 4)}`,
    `<a b="${'"'.repeat(size)}`,
  ];
  for (const text of hostile) {
    const start = performance.now();
    t.not(refusal(text), 'accepted');
    // Linear scanning takes some 50 ms here; anything quadratic would take hours.
    t.true(performance.now() - start < 10_000);
  }
});

interface Tree {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly content: readonly (Tree | string)[];
}
const name = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
  .filter((word) => !/^(__proto__|constructor|prototype)$/i.test(word));
const value = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((text) => text.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''));
const { tree } = fc.letrec<{ tree: Tree; content: (Tree | string)[] }>((tie) => ({
  tree: fc.record({
    name,
    attributes: fc.uniqueArray(fc.tuple(name, value), { maxLength: 3, selector: ([key]) => key }),
    content: tie('content'),
  }),
  content: fc.array(fc.oneof({ maxDepth: 4 }, value, tie('tree')), { maxLength: 4 }),
}));

const escape = (text: string): string =>
  text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
function print(node: Tree | string): string {
  if (typeof node === 'string') return escape(node);
  const attributes = node.attributes.map(([key, text]) => ` ${key}="${escape(text)}"`).join('');
  if (node.content.length === 0) return `<${node.name}${attributes}/>`;
  return `<${node.name}${attributes}>${node.content.map(print).join('<!-- -->')}</${node.name}>`;
}
function expected(node: Tree): XmlElement {
  return {
    name: node.name,
    attributes: new Map(node.attributes),
    children: node.content.flatMap((part) => (typeof part === 'string' ? [] : [expected(part)])),
    text: node.content.filter((part) => typeof part === 'string').join(''),
  };
}

test('any tree that is printed is read back the same', (t) => {
  fc.assert(
    fc.property(tree, (root) => {
      t.deepEqual(parse(print(root)), expected(root));
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('a damaged document is read or refused with a DamagedError, nothing else', (t) => {
  const store = Buffer.from(fixture('xml/store.qubes.xml').subarray(0, 1500)).toString();
  const good = fc.oneof(fc.constant(`${store}</domains></qubes>`), tree.map(print));
  const part = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '/',
      '&',
      '"',
      "'",
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '&#',
      ';',
    ),
    fc.constantFrom('<a>', '</a>', '__proto__', ' a="1"', '\0', '\r', '<!DOCTYPE', '#text', ':@'),
    fc.string({ maxLength: 3 }),
  );
  const edit = fc.tuple(fc.nat(1600), fc.nat(6), part);
  const damaged = fc
    .tuple(good, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) =>
      edits.reduce((now, [seat, cut, put]) => {
        const at = seat % (now.length + 1);
        return now.slice(0, at) + put + now.slice(at + cut);
      }, text),
    );
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string()), (text) => {
      t.regex(refusal(text), /^[\x20-\x7e…]+$/);
    }),
    { numRuns: 1000, seed: 1 },
  );
});
