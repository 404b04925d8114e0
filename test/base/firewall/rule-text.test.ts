import test from 'ava';
import fc from 'fast-check';

import type { FirewallRule } from '../../../lib/base/firewall/rule.ts';
import { MAX_RULES } from '../../../lib/base/firewall/rule.ts';
import { RuleError } from '../../../lib/base/firewall/rule-error.ts';
import { filterText, parseRules, ruleText } from '../../../lib/base/firewall/rule-text.ts';
import { parseFirewallXml, printFirewallXml } from '../../../lib/base/firewall/rules-xml.ts';

/** What the reference answers when it has been given the text on the left. */
const RULES: readonly (readonly [string, string])[] = [
  ['action=accept', 'action=accept'],
  [' action=drop ', 'action=drop'],
  ['proto=tcp action=accept', 'action=accept proto=tcp'],
  [
    'action=accept proto=tcp dst4=1.2.3.4/32 dstports=443-443 comment=a b c',
    'action=accept dst4=1.2.3.4/32 proto=tcp dstports=443-443 comment=a b c',
  ],
  ['action=accept dsthost=1.2.3.4', 'action=accept dst4=1.2.3.4/32'],
  ['action=accept dsthost=1.2.3.4/8', 'action=accept dst4=1.2.3.4/8'],
  ['action=accept dst4=0.0.0.0/0', 'action=accept dst4=0.0.0.0/0'],
  ['action=accept dsthost=FE80::1/64', 'action=accept dst6=FE80::1/64'],
  ['action=accept dst6=::1', 'action=accept dst6=::1/128'],
  ['action=drop dsthost=example.com', 'action=drop dsthost=example.com'],
  ['action=drop dstname=a_b.example.com.', 'action=drop dsthost=a_b.example.com.'],
  ['action=drop proto=udp dstports=53', 'action=drop proto=udp dstports=53-53'],
  ['action=drop proto=udp dstports=0-65535', 'action=drop proto=udp dstports=0-65535'],
  [
    'action=accept proto=icmp icmptype=008 expire=4102444800',
    'action=accept expire=4102444800 proto=icmp icmptype=8',
  ],
  ['action=accept specialtarget=dns', 'action=accept specialtarget=dns'],
  ['action=accept comment=', 'action=accept'],
  ['action=accept comment= ', 'action=accept comment= '],
];

for (const [text, answer] of RULES) {
  test(`understood: "${text}"`, (t) => {
    t.deepEqual(parseRules(`${text}\n`).map(ruleText), [answer]);
    t.deepEqual(parseRules(text), parseRules(answer));
  });
}

const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ['', /^Rule 1: is empty$/],
  ['\n', /^Rule 1: is empty$/],
  ['action=accept\n\naction=drop', /^Rule 2: is empty$/],
  ['action=accept\naction=zap', /^Rule 2: action is neither accept nor drop$/],
  ['proto=tcp', /^Rule 1: action is neither/],
  ['accept', /^Rule 1: 'accept' is not OPTION=VALUE$/],
  ['action=accept  proto=tcp', /^Rule 1: '' is not OPTION=VALUE$/],
  ['action=accept bogus=1', /^Rule 1: unknown option 'bogus'$/],
  ['action=accept __proto__=1', /^Rule 1: unknown option '__proto__'$/],
  ['action=accept action=drop', /^Rule 1: option 'action' is given twice$/],
  ['action=accept dst4=1.2.3.4 dsthost=1.2.3.4', /^Rule 1: more than one destination$/],
  ['action=accept dst4=::1', /^Rule 1: dst4 is no IPv4 network$/],
  ['action=accept dst4=example.com', /^Rule 1: dst4 is no IPv4 network$/],
  ['action=accept dst4=1.2.3.4/33', /^Rule 1: dst4 is no IPv4 network$/],
  ['action=accept dst4=1.2.3.4/', /^Rule 1: dst4 is no IPv4 network$/],
  ['action=accept dst4=01.2.3.4', /^Rule 1: dst4 is no IPv4 network$/],
  ['action=accept dst6=1.2.3.4', /^Rule 1: dst6 is no IPv6 network$/],
  ['action=accept dst6=::/129', /^Rule 1: dst6 is no IPv6 network$/],
  ['action=accept dst6=fe80::1%eth0', /^Rule 1: dst6 is no IPv6 network$/],
  ['action=accept dstname=1.2.3.4', /^Rule 1: dsthost is neither an address nor/],
  ['action=accept dsthost=', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=1.2.3', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=256.1.1.1', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=0x7f.0x1', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=Example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=-a.example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=a-.example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=a..example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=.example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=example.com..', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=.', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=*.example.com', /^Rule 1: dsthost is neither/],
  ['action=accept dsthost=example.com/24', /^Rule 1: dsthost is neither/],
  [`action=accept dsthost=${'a'.repeat(64)}.com`, /^Rule 1: dsthost is neither/],
  [`action=accept dsthost=${'a.'.repeat(126)}com`, /^Rule 1: dsthost is neither/],
  ['action=accept dstports=1-2', /^Rule 1: ports without tcp or udp$/],
  ['action=accept proto=icmp dstports=1', /^Rule 1: ports without tcp or udp$/],
  ['action=accept proto=tcp dstports=2-1', /^Rule 1: dstports run backwards$/],
  ['action=accept proto=tcp dstports=65536', /^Rule 1: dstports \d are no ports$/],
  ['action=accept proto=tcp dstports=+80', /^Rule 1: dstports \d are no ports$/],
  ['action=accept proto=tcp dstports=1-', /^Rule 1: dstports \d are no ports$/],
  ['action=accept proto=tcp dstports=1-2-3', /^Rule 1: dstports are no ports$/],
  ['action=accept proto=any', /^Rule 1: proto is none of/],
  ['action=accept proto=tcp icmptype=8', /^Rule 1: an ICMP type without icmp$/],
  ['action=accept proto=icmp icmptype=256', /^Rule 1: icmptype is no ICMP type$/],
  ['action=accept specialtarget=moon', /^Rule 1: specialtarget is not dns$/],
  ['action=accept expire=-1', /^Rule 1: expire is no time$/],
  ['action=accept expire=253402300800', /^Rule 1: expire is no time$/],
  ['action=accept comment=a=b', /^Rule 1: comment has other characters/],
  ['action=accept comment=x comment=y', /^Rule 1: comment has other characters/],
  ['comment=x action=accept', /^Rule 1: is empty$/],
  ['comment=x', /^Rule 1: is empty$/],
  ['action=acceptcomment=x', /^Rule 1: action is neither/],
  ['action=accept comment=ž', /^Rule 1: has characters that cannot be printed$/],
  ['action=accept\tproto=tcp', /^Rule 1: has characters/],
  ['action=accept comment=a\0', /^Rule 1: has characters/],
  ['action=drop\n'.repeat(MAX_RULES + 1), /^More than 10000 rules$/],
];

for (const [text, message] of REFUSALS) {
  test(`refused: ${JSON.stringify(text.slice(0, 60))}`, (t) => {
    const error = t.throws(() => parseRules(text), { instanceOf: RuleError });
    t.regex(error.message, message);
  });
}

test('the longest names of hosts are names', (t) => {
  const label = 'a'.repeat(63);
  const longest = `${label}.${label}.${label}.${'b'.repeat(61)}`;
  t.is(longest.length, 253);
  t.is(parseRules(`action=drop dsthost=${longest}`).length, 1);
  t.is(parseRules(`action=drop dsthost=${longest}.`).length, 1);
  t.throws(() => parseRules(`action=drop dsthost=${longest}b`), { instanceOf: RuleError });
});

test('only a line feed begins another rule', (t) => {
  for (const separator of ['\r', '\r\n', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028']) {
    const text = `action=drop comment=a${separator}action=accept`;
    t.throws(() => parseRules(text), { instanceOf: RuleError }, JSON.stringify(separator));
  }
});

const label = fc.stringMatching(/^[a-z](?:[a-z0-9_-]{0,10}[a-z0-9_])?$/);
const prefix = (longest: number) => fc.integer({ min: 0, max: longest });
const destination = fc.oneof(
  fc.constant({}),
  fc.tuple(fc.ipV4(), prefix(32)).map(([address, bits]) => ({ dst4: `${address}/${bits}` })),
  fc.tuple(fc.ipV6(), prefix(128)).map(([address, bits]) => ({ dst6: `${address}/${bits}` })),
  fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => ({ dsthost: labels.join('.') })),
);
const port = fc.integer({ min: 0, max: 65_535 });
const ports = fc.tuple(port, port).map(([one, other]): { dstports: [number, number] } => ({
  dstports: [Math.min(one, other), Math.max(one, other)],
}));
const protocol = fc.oneof(
  fc.constant({}),
  fc.record(
    { proto: fc.constant('icmp' as const), icmptype: fc.integer({ min: 0, max: 255 }) },
    { requiredKeys: ['proto'] },
  ),
  fc
    .tuple(fc.constantFrom('tcp' as const, 'udp' as const), fc.option(ports, { nil: {} }))
    .map(([proto, more]) => ({ proto, ...more })),
);
const more = fc.record(
  {
    action: fc.constantFrom('accept' as const, 'drop' as const),
    specialtarget: fc.constant('dns' as const),
    expire: fc.nat({ max: 253_402_300_799 }),
    comment: fc.stringMatching(/^[A-Za-z0-9:;,./\-_[\] ]{1,30}$/),
  },
  { requiredKeys: ['action'] },
);
const rule: fc.Arbitrary<FirewallRule> = fc
  .tuple(more, destination, protocol)
  .map(([first, second, third]) => ({ ...first, ...second, ...third }));
const rules = fc.array(rule, { minLength: 1, maxLength: 8 });

test('rules come back from their text and from their file as they were', (t) => {
  const roundTrip = fc.property(rules, (list) => {
    t.deepEqual(parseRules(list.map(ruleText).join('\n')), list);
    t.deepEqual(parseFirewallXml(Buffer.from(printFirewallXml(list)), 'f'), list);
    const filters = list.map(filterText).join('\n');
    t.is(parseRules(filters).map(ruleText).join('\n'), filters);
    t.notRegex(filters, /expire|comment/);
  });
  t.notThrows(() => fc.assert(roundTrip, { numRuns: 300, seed: 1 }));
});

test('whatever a caller sends, there are as many rules as lines, or none', (t) => {
  const bits = fc.constantFrom(
    ...['action=accept', 'action=drop', ' ', '\n', '\r', '\v', '\x85', '\u2028', 'comment=', 'x'],
    ...['proto=tcp', 'dst4=1.2.3.4', '=', 'dsthost=a', '\0', ' comment=a', 'expire=1', 'é'],
  );
  const text = fc.oneof(
    fc.array(bits, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(bits, { maxLength: 4 }).map((parts) => `action=drop${parts.join('')}`),
    fc.string({ unit: 'binary' }),
  );
  let understood = 0;
  const lines = fc.property(text, (untrusted) => {
    try {
      const list = parseRules(untrusted);
      understood++;
      t.is(list.length, untrusted.replace(/\n$/, '').split('\n').length);
      t.deepEqual(parseRules(list.map(ruleText).join('\n')), list);
      t.is(parseFirewallXml(Buffer.from(printFirewallXml(list)), 'f').length, list.length);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      t.regex(error.message, /^[\x20-\x7e…]+$/);
    }
  });
  t.notThrows(() => fc.assert(lines, { numRuns: 3000, seed: 1 }));
  t.true(understood > 50, `${understood} understood`);
});

test('a comment of a file is one line of text, and of a file', (t) => {
  const comments = fc.property(fc.string({ unit: 'binary', minLength: 1 }), (comment) => {
    const list = [{ action: 'drop' as const, comment }];
    const [text = '', ...others] = list.map(ruleText).join('\n').split('\n');
    t.is(others.length, 0);
    t.regex(text, /^action=drop comment=[A-Za-z0-9:;,./\-_[\] ]+$/);
    const read = parseFirewallXml(Buffer.from(printFirewallXml(list)), 'f');
    t.deepEqual(read.map(ruleText), [text]);
  });
  t.notThrows(() => fc.assert(comments, { numRuns: 300, seed: 1 }));
});
