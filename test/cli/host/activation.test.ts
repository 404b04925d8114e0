import test from 'ava';

import { UsageError } from '../../../lib/base/errors.ts';
import { takeSockets } from '../../../lib/cli/host/activation.ts';

const PID = 1234;
const given = (env: NodeJS.ProcessEnv) => [...takeSockets({ LISTEN_PID: '1234', ...env }, PID)];

test('sockets are taken by name, whatever their order', (t) => {
  t.deepEqual(given({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'qubesd.misc:qubesd' }), [
    ['qubesd.misc', 3],
    ['qubesd', 4],
  ]);
  t.deepEqual(given({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'qubesd.internal.socket' }), [
    ['qubesd.internal', 3],
  ]);
});

test('sockets without names are taken in order', (t) => {
  const all = [
    ['qubesd', 3],
    ['qubesd.internal', 4],
    ['qubesd.misc', 5],
  ];
  t.deepEqual(given({ LISTEN_FDS: '3' }), all);
  t.deepEqual(given({ LISTEN_FDS: '3', LISTEN_FDNAMES: 'unknown:unknown:unknown' }), all);
});

test('sockets for another process, or none, are nobody of ours', (t) => {
  t.deepEqual([...takeSockets({ LISTEN_PID: '1', LISTEN_FDS: '3' }, PID)], []);
  t.deepEqual([...takeSockets({ LISTEN_FDS: '3' }, PID)], []);
  t.deepEqual(given({}), []);
});

test('what is handed over must be ours', (t) => {
  for (const env of [
    { LISTEN_FDS: '4' },
    { LISTEN_FDS: '0' },
    { LISTEN_FDS: 'x' },
    { LISTEN_FDS: '1', LISTEN_FDNAMES: 'ssh.socket' },
    { LISTEN_FDS: '2', LISTEN_FDNAMES: 'qubesd:qubesd.socket' },
  ]) {
    t.throws(() => given(env), { instanceOf: UsageError });
  }
});

test('children are told nothing of it', (t) => {
  const env = { LISTEN_PID: '1234', LISTEN_FDS: '1', LISTEN_FDNAMES: 'qubesd', OTHER: '1' };
  takeSockets(env, PID);
  t.deepEqual(env, { OTHER: '1' } as unknown as typeof env);
});
