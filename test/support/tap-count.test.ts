import test from 'ava';
import { summaryLine, tapLine } from './tap-count.ts';

test('tests that passed, failed, were skipped or are still to be written are told apart', (t) => {
  t.is(tapLine('ok 1 - reads a header'), 'passed');
  t.is(tapLine('not ok 2 - reads a header'), 'failed');
  t.is(tapLine('ok 3 - reads a header # SKIP'), 'skipped');
  t.is(tapLine('not ok 4 - reads a header # TODO'), 'skipped');
});

test('everything else in the output counts for nothing', (t) => {
  for (const line of [
    'TAP version 13',
    '1..4',
    '# tests 4',
    '    ok 5 - in a diff',
    '',
    'okay 1',
  ]) {
    t.is(tapLine(line), 'other', line);
  }
});

test('a name that looks like a result does not count twice', (t) => {
  t.is(tapLine('ok 1 - says "not ok 2" # and more'), 'passed');
  t.is(tapLine('not ok 1 - ok 2'), 'failed');
});

test('a run that failed without a failed test is not shown as a success', (t) => {
  t.is(summaryLine({ passed: 3, failed: 0, skipped: 1 }, 0), '3 passed, 0 failed, 1 skipped');
  t.is(summaryLine({ passed: 3, failed: 0, skipped: 0 }, 1), '3 passed, 1 failed, 0 skipped');
  t.is(summaryLine({ passed: 3, failed: 2, skipped: 0 }, 1), '3 passed, 2 failed, 0 skipped');
});
