import test from 'ava';

import { createLog } from '../../lib/base/log.ts';

function logged(use: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  use(createLog((more) => (text += more)));
  return text;
}

test('messages come out as plain lines', (t) => {
  t.is(
    logged((log) => log.info('Starting')),
    'Starting\n',
  );
  t.is(
    logged((log) => log.error('It ended: é…\nsecond line')),
    'It ended: é…\nsecond line\n',
  );
});

test('nothing in a message can steer a terminal', (t) => {
  t.is(
    logged((log) => log.info('a\x1b[2Jb\r\x07\u009b\u202ec')),
    'a_[2Jb____c\n',
  );
});

test('a fault in the program is told with its stack', (t) => {
  t.regex(
    logged((log) => log.error({ err: new Error('why') }, 'Internal error')),
    /^Internal error\nError: why\n +at /,
  );
});
