import test from 'ava';

import { UsageError } from '../../../lib/base/errors.ts';
import { parseClientLine } from '../../../lib/cli/client-vm/client-line.ts';
import { harmless } from '../../../lib/cli/client-vm/harmless.ts';
import { parseLauncher } from '../../../lib/cli/client-vm/launcher.ts';

const PLAIN = {
  target: 'vault',
  service: 'test.A',
  argument: '',
  filterStdout: undefined,
  filterStderr: undefined,
  prefix: '',
  useStdinSocket: false,
  local: [],
};

test('a target, a service, and options in front', (t) => {
  t.deepEqual(parseClientLine(['vault', 'test.A']), PLAIN);
  t.deepEqual(
    parseClientLine([
      ...['-t', '--no-filter-escape-chars-stderr', '--buffer-size=0x10000', '-p', 'first'],
      ...['--use-stdin-socket', 'vault', 'test.A+b+c'],
    ]),
    {
      ...PLAIN,
      argument: 'b+c',
      filterStdout: true,
      filterStderr: false,
      prefix: 'first',
      useStdinSocket: true,
    },
  );
});

test('what follows the service is a program and its arguments, options too', (t) => {
  t.deepEqual(parseClientLine(['vault', 'test.A', '/bin/cat', '-t', '--help']), {
    ...PLAIN,
    local: ['/bin/cat', '-t', '--help'],
  });
});

test('names arrive as qrexec carries them', (t) => {
  const names = (target: string, service: string): string => {
    const request = parseClientLine(['--', target, service]);
    return request === 'help' ? '' : `${request.target} ${request.service} ${request.argument}`;
  };
  t.is(names('$dispvm:dvm', 'a b+c/d'), '@dispvm:dvm a_b c_d');
  t.is(names('', 'test.A'), ' test.A ');
  t.is(names('é+', 'é'), '___ __ ');
  t.is(names('v'.repeat(64), '-x'), `${'v'.repeat(63)} -x `);
});

for (const args of [
  [],
  ['vault'],
  ['--nosuch', 'vault', 'test.A'],
  ['--buffer-size=much', 'vault', 'test.A'],
  ['--use-stdin-socket', 'vault', 'test.A', '/bin/cat'],
]) {
  test(`refused: ${args.join(' ')}`, (t) => {
    t.throws(() => parseClientLine(args), { instanceOf: UsageError });
  });
}

test('help is help', (t) => {
  t.is(parseClientLine(['-h']), 'help');
});

test('who calls is read from where the program is', (t) => {
  t.deepEqual(parseLauncher('/a/run/b/run/work/bin/qrexec-client-vm'), {
    root: '/a/run/b',
    qube: 'work',
  });
  for (const path of ['/usr/bin/qrexec-client-vm', '/run/work/bin/x', '/a/run/-x/bin/x']) {
    t.throws(() => parseLauncher(path), { instanceOf: UsageError });
  }
});

test('a terminal gets no byte that could move or change it', (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const kept = [...harmless(all)].filter((byte, at) => byte === at);
  t.deepEqual(kept, [
    ...[7, 8, 9, 10, 13],
    ...Array.from({ length: 0x7f - 0x20 }, (_, at) => at + 0x20),
  ]);
});
