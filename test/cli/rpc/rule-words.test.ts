import test from 'ava';
import fc from 'fast-check';
import { UsageError } from '../../../lib/base/errors.ts';
import { ruleText } from '../../../lib/base/firewall/rule-text.ts';
import { ruleFromWords } from '../../../lib/cli/rpc/rule-words.ts';

/** Seconds since 1970 at which the tests take place. */
const NOW = 1_700_000_000;

const RULES: readonly (readonly [words: readonly string[], text: string])[] = [
  [['accept'], 'action=accept'],
  [['drop', '10.0.0.0/8'], 'action=drop dst4=10.0.0.0/8'],
  [['accept', 'fe80::1'], 'action=accept dst6=fe80::1/128'],
  [['accept', 'x.org', 'tcp', '443'], 'action=accept dsthost=x.org proto=tcp dstports=443-443'],
  [['accept', 'x.org', 'icmp', '8'], 'action=accept dsthost=x.org proto=icmp icmptype=8'],
  [['accept', 'proto=udp', 'x.org', '1-9'], 'action=accept dsthost=x.org proto=udp dstports=1-9'],
  [['action=accept', 'specialtarget=dns'], 'action=accept specialtarget=dns'],
  [['dst4=1.2.3.4', 'accept', 'tcp'], 'action=accept dst4=1.2.3.4/32 proto=tcp'],
  [['accept', 'expire=+300'], `action=accept expire=${NOW + 300}`],
  [['accept', 'expire=4102444800'], 'action=accept expire=4102444800'],
  [['accept', 'comment=a b=c'], 'action=accept comment=a b_c'],
];

for (const [words, text] of RULES) {
  test(`rule: ${words.join(' ')}`, (t) => {
    t.is(ruleText(ruleFromWords(words, NOW * 1000)), text);
  });
}

const REFUSED: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [['allow'], /neither accept nor drop/],
  [['x.org'], /neither accept nor drop/],
  [['accept', 'x.org', 'tcp', '443', '80'], /Cannot use "80" in the rule/],
  [['accept', 'action=drop'], /action is given twice/],
  [['accept', 'a.org', 'dsthost=b.org'], /dsthost is given twice/],
  [['accept', 'a.org', 'dst4=1.2.3.4'], /more than one destination/],
  [['accept', 'dstports=443'], /ports without tcp or udp/],
  [['accept', 'icmptype=8'], /ICMP type without icmp/],
  [['accept', 'nosuch=1'], /unknown option 'nosuch'/],
  [['accept', 'dsthost='], /neither an address nor the name of a host/],
  [['accept', 'Exa mple'], /neither an address nor the name of a host/],
  [['accept', 'expire=soon'], /is no time/],
];

for (const [words, message] of REFUSED) {
  test(`no rule: ${words.join(' ')}`, (t) => {
    t.throws(() => ruleFromWords(words), { instanceOf: UsageError, message });
  });
}

test('no words ever make a second line', (t) => {
  const word = fc.oneof(
    fc.constantFrom('accept', 'drop', 'tcp', '443', 'x.org'),
    fc.string(),
    fc.string().map((text) => `comment=${text}\naction=accept`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      try {
        t.notRegex(ruleText(ruleFromWords(words)), /[^\x20-\x7e]/);
      } catch (error) {
        t.true(error instanceof UsageError);
      }
    }),
  );
});
