import fc from 'fast-check';
import test from 'ava';

import { Policy } from '../../lib/policy/policy.ts';
import { parseRule, RuleError } from '../../lib/policy/parse-rule.ts';
import { targetKey } from '../../lib/policy/resolve-target.ts';
import type { Rule } from '../../lib/policy/rule.ts';
import { parseToken, tokenText, type TokenPlace } from '../../lib/policy/token.ts';
import { words } from '../../lib/policy/words.ts';
import { FACTS } from '../support/policy.ts';

const name = fc.constantFrom('work', 'vault', 'personal', 'dvm', 'distant', 'nosuch', 'dom0');
const source = fc.oneof(name, fc.constantFrom('*', '@anyvm', '@tag:office', '@type:AppVM'));
const target = fc.oneof(
  name,
  fc.constantFrom('*', '@anyvm', '@adminvm', '@dispvm', '@dispvm:dvm', '@tag:safe'),
  fc.constantFrom('@dispvm:@tag:safe', '@type:TemplateVM'),
);
const action = fc.oneof(
  fc.constantFrom('allow', 'deny', 'ask'),
  fc.constantFrom('allow', 'ask').chain((kind) => name.map((to) => `${kind} target=${to}`)),
);
const line = fc
  .tuple(fc.constantFrom('a', 'b', '*'), fc.constantFrom('*', '+', '+x'), source, target, action)
  .map(([service, argument, ...rest]) =>
    [service, service === '*' ? '*' : argument, ...rest].join(' '),
  );
const rule = line.map(ruleOf);
const call = fc.record({
  service: fc.constantFrom('a', 'b'),
  argument: fc.constantFrom('', 'x'),
  source: fc.constantFrom('work', 'vault', 'personal', 'dvm'),
  target: fc.oneof(name, fc.constantFrom('@adminvm', '@default', '@dispvm', '@dispvm:dvm')),
});

function ruleOf(text: string, at = 1): Rule {
  return parseRule(words(text), { file: 'test', line: at, text });
}

test('rules behind the one that decides change no allow and no deny', (t) => {
  fc.assert(
    fc.property(fc.array(rule), fc.array(rule), call, (rules, more, asked) => {
      const before = new Policy(rules).evaluate(asked, FACTS);
      // What a rule that asks offers follows from all of them.
      if (before.rule === undefined || before.rule.text.includes(' ask')) return;
      t.deepEqual(new Policy([...rules, ...more]).evaluate(asked, FACTS), before);
    }),
  );
});

test('without a rule that allows or asks nothing is allowed', (t) => {
  fc.assert(
    fc.property(fc.array(rule), call, (rules, asked) => {
      const denying = rules.filter(({ action: { kind } }) => kind === 'deny');
      t.is(new Policy(denying).evaluate(asked, FACTS).kind, 'deny');
    }),
  );
});

test('a rule that denies all comes before everything', (t) => {
  fc.assert(
    fc.property(fc.array(rule), call, (rules, asked) => {
      t.is(new Policy([ruleOf('* * * * deny'), ...rules]).evaluate(asked, FACTS).kind, 'deny');
    }),
  );
});

test('what is offered to a person would be allowed if it were asked for by an allow', (t) => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), call, (rules, asked) => {
      const verdict = new Policy(rules).evaluate(asked, FACTS);
      if (verdict.kind !== 'ask') return;
      for (const offered of verdict.targets.map(targetKey)) {
        t.not(offered, asked.source);
        const allowed = new Policy([ruleOf(`* * * * allow target=${offered}`)]);
        t.is(allowed.evaluate(asked, FACTS).kind, 'allow', offered);
      }
    }),
  );
});

test('a token is written as it was read, wherever it may stand', (t) => {
  const text = fc.oneof(
    target,
    source,
    fc.string(),
    fc.string().map((end) => `@dispvm:${end}`),
    fc.string().map((end) => `@tag:${end}`),
  );
  const place = fc.constantFrom<TokenPlace>('source', 'target', 'redirect', 'call');
  let read = 0;
  fc.assert(
    fc.property(text, place, (written, where) => {
      const token = parseToken(written, where);
      if (token === undefined) return;
      read++;
      t.is(tokenText(token), written);
    }),
  );
  t.true(read > 0);
});

test('any line is a rule or is said to be wrong', (t) => {
  const junk = fc.oneof(
    fc.string({ unit: 'binary' }),
    line,
    fc.tuple(line, fc.string()).map((two) => two.join(' ')),
  );
  let rules = 0;
  fc.assert(
    fc.property(junk, (text) => {
      try {
        ruleOf(text);
        rules++;
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        t.regex(error.message, /^[\x20-\x7e\u2026]+$/);
      }
    }),
  );
  t.true(rules > 0);
});
