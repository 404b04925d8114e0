import test from 'ava';

import { ProtocolError } from '../../../lib/base/admin-error.ts';
import { readCall } from '../../../lib/cli/call/read-call.ts';

const NODE = '/usr/bin/node';
const FILE = '/etc/qubes-rpc/admin.vm.property.Get';
const CALLER = { QREXEC_REMOTE_DOMAIN: 'work', QREXEC_REQUESTED_TARGET: 'vault' };

test('qrexec tells in the environment what is called', (t) => {
  const env = {
    ...CALLER,
    QREXEC_SERVICE_FULL_NAME: 'admin.vm.tag.Set+a+b',
    QREXEC_SERVICE_ARGUMENT: 'a+b',
    QREXEC_REQUESTED_TARGET_TYPE: 'name',
  };
  t.deepEqual(readCall(env, [NODE, FILE, 'a+b']), {
    method: 'admin.vm.tag.Set',
    argument: 'a+b',
    source: 'work',
    destination: 'vault',
    socket: 'qubesd',
  });
});

test('without it the name is that of the file, the argument in argv', (t) => {
  const method = 'admin.vm.property.Get';
  t.like(readCall(CALLER, [NODE, FILE, 'memory']), { method, argument: 'memory' });
  t.like(readCall(CALLER, [NODE, FILE, '']), { method, argument: '' });
  t.like(readCall(CALLER, [NODE, FILE]), { method, argument: '' });
  t.like(readCall(CALLER, [NODE, `${FILE}+memory`]), { method, argument: 'memory' });
});

test('a full name is enough', (t) => {
  const named = (name: string) => readCall({ ...CALLER, QREXEC_SERVICE_FULL_NAME: name }, [NODE]);
  t.like(named('admin.vm.List+'), { method: 'admin.vm.List', argument: '' });
  t.like(named('admin.vm.List'), { method: 'admin.vm.List', argument: '' });
  t.like(named('admin.vm.tag.Get+x+y'), { method: 'admin.vm.tag.Get', argument: 'x+y' });
});

test('an argument is what the environment says it is, also none', (t) => {
  const env = { ...CALLER, QREXEC_SERVICE_ARGUMENT: '' };
  t.like(readCall(env, [NODE, FILE, 'memory']), { argument: '' });
});

test('dom0 has three names', (t) => {
  const target = (env: NodeJS.ProcessEnv): string =>
    readCall({ QREXEC_REMOTE_DOMAIN: 'work', ...env }, [NODE, FILE]).destination;
  const keyword = 'adminvm';
  t.is(target({ QREXEC_REQUESTED_TARGET: 'dom0' }), 'dom0');
  t.is(target({ QREXEC_REQUESTED_TARGET: '@adminvm' }), 'dom0');
  t.is(
    target({
      QREXEC_REQUESTED_TARGET_TYPE: 'keyword',
      QREXEC_REQUESTED_TARGET_KEYWORD: keyword,
    }),
    'dom0',
  );
  t.is(target({ QREXEC_REQUESTED_TARGET_TYPE: '', QREXEC_REQUESTED_TARGET: 'vault' }), 'vault');
});

test('a target that is no qube is left to the host to refuse', (t) => {
  const env = {
    QREXEC_REMOTE_DOMAIN: 'work',
    QREXEC_REQUESTED_TARGET_TYPE: 'keyword',
    QREXEC_REQUESTED_TARGET_KEYWORD: 'default',
  };
  t.is(readCall(env, [NODE, FILE]).destination, '@default');
});

test('a call without caller or target is refused', (t) => {
  for (const env of [
    {},
    { QREXEC_REMOTE_DOMAIN: 'work' },
    { QREXEC_REQUESTED_TARGET: 'work' },
    { QREXEC_REMOTE_DOMAIN: '', QREXEC_REQUESTED_TARGET: 'work' },
  ]) {
    t.throws(() => readCall(env, [NODE, FILE]), { instanceOf: ProtocolError });
  }
});

test('each interface has a socket of its own', (t) => {
  const socket = (name: string): string => readCall(CALLER, [NODE, `/x/${name}`]).socket;
  t.is(socket('admin.vm.List'), 'qubesd');
  t.is(socket('internal.GetSystemInfo'), 'qubesd.internal');
  t.is(socket('qubes.FeaturesRequest'), 'qubesd.misc');
});

test('what qubes tell dom0 of themselves goes to dom0, whatever they asked for', (t) => {
  const env = { QREXEC_REMOTE_DOMAIN: 'work' };
  t.like(readCall(env, [NODE, '/x/qubes.NotifyTools']), { source: 'work', destination: 'dom0' });
});
