import test from 'ava';
import fc from 'fast-check';
import { DamagedError } from '../../../lib/base/errors.ts';
import { ruleText } from '../../../lib/base/firewall/rule-text.ts';
import { parseFirewallXml, printFirewallXml } from '../../../lib/base/firewall/rules-xml.ts';
import { fixture, manifestOf } from '../../archive/metadata/manifest.ts';

const FILE = 'vm7/firewall.xml';
const parse = (xml: string): readonly string[] =>
  parseFirewallXml(Buffer.from(xml), FILE).map(ruleText);
const rule = (properties: Record<string, string>): string => {
  const list = Object.entries(properties).map(
    ([name, text]) => `<property name="${name}">${text}</property>`,
  );
  return `<rule><properties>${list.join('')}</properties></rule>`;
};
const version2 = (...rules: string[]): string =>
  `<firewall version="2"><rules>${rules.join('')}</rules></firewall>`;
const version1 = (attributes: string, rules = ''): string =>
  `<QubesFirewallRules ${attributes}>${rules}</QubesFirewallRules>`;

for (const [name, qube] of [
  ['v4-vm7', 'work'],
  ['v4-vm8', 'personal'],
  ['v4-vm11', 'win-standalone'],
] as const) {
  test(`the firewall of ${qube} is what the Admin API answers for it`, (t) => {
    const rules = parseFirewallXml(fixture(`xml/${name}.firewall.xml`), FILE).map(ruleText);
    t.deepEqual(rules, manifestOf('v4-gzip').vms[qube]?.firewall?.rules_server_api);
  });

  test(`the firewall of ${qube} is written as the reference has written it`, (t) => {
    const file = fixture(`xml/${name}.firewall.xml`);
    t.is(printFirewallXml(parseFirewallXml(file, FILE)), Buffer.from(file).toString());
  });
}

test('the firewall of a qube from Qubes 3 means the same as before', (t) => {
  const sorted = (rules: readonly string[] = []): string[] =>
    rules.map((text) => text.split(' ').sort().join(' '));
  const rules = parseFirewallXml(fixture('xml/v3-vm5.firewall.xml'), FILE).map(ruleText);
  const expected = manifestOf('v3-encrypted-compressed').vms['test-work']?.firewall?.rules;
  // What no rule lets pass is dropped, with or without a last rule that says so.
  t.deepEqual(sorted([...rules, 'action=drop']), sorted(expected));
});

test('Qubes 3: a policy of allow makes the exceptions drop', (t) => {
  const exceptions =
    '<rule address="10.1.0.0" netmask="16"/><rule proto="udp" port="53" toport="54" expire="99"/>' +
    '<rule proto="any" address="Example.COM"/>';
  t.deepEqual(parse(version1('policy="allow" icmp="deny"', exceptions)), [
    'action=accept specialtarget=dns',
    'action=drop proto=icmp',
    'action=drop dst4=10.1.0.0/16',
    'action=drop expire=99 proto=udp dstports=53-54',
    'action=drop dsthost=example.com',
    'action=accept',
  ]);
  t.deepEqual(parse(version1('policy="deny"')), [
    'action=drop specialtarget=dns',
    'action=drop proto=icmp',
  ]);
});

test('a line break in a comment never makes a second rule', (t) => {
  const comments = ['a\nb', 'a&#10;action=accept', 'a\r\nb', 'a\u2028b', 'a\tb', 'ž = 1'];
  for (const comment of comments) {
    const rules = parse(version2(rule({ action: 'drop', comment })));
    t.is(rules.length, 1);
    t.regex(rules[0] ?? '', /^action=drop comment=[A-Za-z0-9:;,./\-_[\] ]+$/);
  }
  const [kept] = parseFirewallXml(
    Buffer.from(version2(rule({ action: 'drop', comment: 'a\nb' }))),
    FILE,
  );
  t.is(kept?.comment, 'a\nb');
});

test('addresses without a prefix are one host, those with one keep it', (t) => {
  const dst = (dsthost: string): string | undefined =>
    parse(version2(rule({ action: 'accept', dsthost })))[0];
  t.is(dst('10.0.0.1'), 'action=accept dst4=10.0.0.1/32');
  t.is(dst('0.0.0.0/0'), 'action=accept dst4=0.0.0.0/0');
  t.is(dst('::1'), 'action=accept dst6=::1/128');
  t.is(dst('fe80::/10'), 'action=accept dst6=fe80::/10');
  t.is(dst('a_b.example-1.org'), 'action=accept dsthost=a_b.example-1.org');
});

test('no rules are no rules', (t) => {
  t.deepEqual(parse('<firewall version="2"><rules/></firewall>'), []);
  t.deepEqual(parse('<firewall version="2"/>'), []);
});

const bad = (properties: Record<string, string>): string =>
  version2(rule({ action: 'drop' }), rule({ action: 'accept', ...properties }));
const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['no action', version2(rule({ proto: 'tcp' })), /rule 1: action/],
  ['an unknown action', version2(rule({ action: 'forward' })), /rule 1: action/],
  ['an unknown protocol', bad({ proto: 'sctp' }), /rule 2: proto/],
  ['an unknown property', bad({ srchost: '10.0.0.1' }), /rule 2/],
  ['a property named __proto__', bad({ ['__proto__']: '1' }), /rule 2/],
  [
    'a property twice',
    version2(rule({ action: 'drop' }).replace(/<property .*<\/property>/, '$&$&')),
    /twice/,
  ],
  ['two destinations', bad({ dsthost: '10.0.0.1', dst6: '::1/128' }), /more than one destination/],
  ['a prefix out of range', bad({ dsthost: '10.0.0.0/33' }), /rule 2: dst4/],
  ['an IPv6 prefix out of range', bad({ dsthost: '::/129' }), /rule 2: dst6/],
  ['a network of a host name', bad({ dsthost: 'example.org/8' }), /rule 2: dsthost/],
  ['an interface in an address', bad({ dsthost: 'fe80::1%eth0' }), /rule 2: dst6/],
  ['a host with blanks', bad({ dsthost: 'a action=accept' }), /rule 2: dsthost/],
  ['ports without protocol', bad({ dstports: '22' }), /ports without tcp or udp/],
  ['ports of ICMP', bad({ proto: 'icmp', dstports: '22' }), /ports without tcp or udp/],
  ['ports that run backwards', bad({ proto: 'tcp', dstports: '23-22' }), /run backwards/],
  ['a port out of range', bad({ proto: 'tcp', dstports: '65536' }), /rule 2: dstports/],
  ['three ports', bad({ proto: 'tcp', dstports: '1-2-3' }), /rule 2: dstports/],
  ['a port that is no number', bad({ proto: 'tcp', dstports: 'ssh' }), /rule 2: dstports/],
  ['an ICMP type without ICMP', bad({ icmptype: '8' }), /ICMP type without icmp/],
  ['an ICMP type out of range', bad({ proto: 'icmp', icmptype: '256' }), /rule 2: icmptype/],
  ['a special target', bad({ specialtarget: 'moon' }), /rule 2: specialtarget/],
  ['a time that is no number', bad({ expire: '+5' }), /rule 2: expire/],
  ['another version', '<firewall version="3"/>', /not a known form/],
  ['another document', '<rules/>', /not a known form/],
  ['no policy', version1(''), /no valid policy/],
  ['a policy that is unknown', version1('policy="maybe"'), /no valid policy/],
  ['too many rules', version2(rule({ action: 'drop' }).repeat(10_001)), /more than 10000 rules/],
];
for (const [what, xml, message] of REFUSALS) {
  test(`refused as a whole: ${what}`, (t) => {
    const error = t.throws(() => parse(xml), { instanceOf: DamagedError });
    t.regex(error.message, message);
    t.is(error.facts.file, FILE);
  });
}

test('whatever a rule says, its text is one line the Admin API can read back', (t) => {
  const text = fc
    .string({ unit: 'binary' })
    .map((any) => any.replace(/[^\t\n\r\x20-\ud7ff]|[<&]/g, '?'));
  const properties = fc.record(
    {
      action: fc.constantFrom('accept', 'drop', 'x'),
      comment: text,
      dsthost: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), text),
      proto: fc.constantFrom('tcp', 'udp', 'icmp'),
      dstports: fc.oneof(fc.nat(70_000).map(String), text),
      expire: fc.oneof(fc.nat().map(String), text),
    },
    { requiredKeys: ['action'] },
  );
  fc.assert(
    fc.property(properties, (chosen) => {
      const values = Object.fromEntries(
        Object.entries(chosen).map(([key, value]) => [key, value.replaceAll('\r', '&#13;')]),
      );
      try {
        const lines = parse(version2(rule(values)));
        t.is(lines.length, 1);
        t.regex(
          lines[0] ?? '',
          /^action=(accept|drop)( [a-z0-9]+=[a-z0-9_.:/-]+)*( comment=[A-Za-z0-9:;,./\-_[\] ]+)?$/,
        );
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        t.regex(error.message, /^[\x20-\x7e…]+$/);
      }
    }),
    { numRuns: 400, seed: 1 },
  );
});
