import test from 'ava';

import { UsageError } from '../../../lib/base/errors.ts';
import { HOST_STATUSES } from '../../../lib/base/exit-code.ts';
import { parseHostCommandLine } from '../../../lib/cli/host/host-command.ts';

test('all options are understood', (t) => {
  const line = '--root /r --listen /s --idle-exit 0.5 --log-level debug';
  t.deepEqual(parseHostCommandLine(line.split(' ')), {
    kind: 'request',
    request: { root: '/r', listen: '/s', idleExit: 0.5, logLevel: 'debug' },
  });
  t.deepEqual(parseHostCommandLine([]), { kind: 'request', request: { logLevel: 'info' } });
});

test('what cannot be meant is refused with the option it is about', (t) => {
  for (const [line, message] of [
    ['--idle-exit 0', 'Cannot use --idle-exit "0": it must be more than 0'],
    ['--idle-exit -1', 'Cannot use --idle-exit "-1": it is no number of seconds'],
    ['--idle-exit 1e3', 'Cannot use --idle-exit "1e3": it is no number of seconds'],
    ['--idle-exit 86401', 'Cannot use --idle-exit "86401": it is more than 86400'],
    ['--log-level loud', 'Cannot use --log-level "loud": it is none of error, warn, info, debug'],
    ['--root=', 'Cannot use --root "": it is no folder'],
  ] as const) {
    t.throws(() => parseHostCommandLine(line.split(' ')), { instanceOf: UsageError, message });
  }
  for (const line of ['--nonsense', 'start', '--root']) {
    t.throws(() => parseHostCommandLine(line.split(' ')), { instanceOf: UsageError });
  }
});

test('help fits a screen and names every option and exit status', (t) => {
  const parsed = parseHostCommandLine(['--help']);
  if (parsed.kind !== 'text') throw new Error('no help');
  const lines = parsed.text.split('\n');
  t.true(lines.length <= 24);
  for (const line of lines) t.true(line.length <= 80, line);
  for (const option of ['--root', '--listen', '--idle-exit', '--log-level', '--version']) {
    t.true(parsed.text.includes(option));
  }
  for (const { status, short } of HOST_STATUSES) t.true(parsed.text.includes(`${status} ${short}`));
});
