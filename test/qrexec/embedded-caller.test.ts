import { chmod, cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { readQfile } from '../../lib/archive/outer/qfile-read.ts';
import { UsageError } from '../../lib/base/errors.ts';
import { CallError } from '../../lib/qrexec/call-error.ts';
import { EmbeddedCaller } from '../../lib/qrexec/embedded-caller.ts';
import { collect } from '../support/bytes.ts';
import { fixture } from '../support/fixtures.ts';
import { answerOf, qrexecSystem } from '../support/qrexec-system.ts';
import { builtFolder } from '../support/service-process.ts';

test('a service sees what a call from dom0 lets it see in a qube, and nothing of ours', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.Env': 'pwd; echo "$#:$1"; env | sort' });
  const home = join(root, 'home', 'backup');
  process.env['QUBES_RPC_TEST_LEAK'] = '1';
  const lines = (await answerOf(await call('test.Env', 'an+arg'))).trimEnd().split('\n');
  t.deepEqual(
    lines.filter((line) => !/^(PATH|PWD|OLDPWD|SHLVL|_)=/.test(line)),
    [
      home,
      '1:an+arg',
      `HOME=${home}`,
      'QREXEC_REMOTE_DOMAIN=dom0',
      'QREXEC_REQUESTED_TARGET_TYPE=',
      'QREXEC_SERVICE_ARGUMENT=an+arg',
      'QREXEC_SERVICE_FULL_NAME=test.Env+an+arg',
      `XDG_RUNTIME_DIR=${join(root, 'run', 'backup')}`,
    ],
  );
});

test('without an argument argv is empty and the full name ends with a plus', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Env': 'echo "$#:$QREXEC_SERVICE_FULL_NAME"' });
  t.is(await answerOf(await call('test.Env')), '0:test.Env+\n');
});

test('a service for one argument comes before the one for all', async (t) => {
  const { call } = await qrexecSystem(t, {
    'test.Which': 'echo any',
    'test.Which+one': 'echo one',
    'test.Which+': 'echo none',
  });
  t.is(await answerOf(await call('test.Which', 'one')), 'one\n');
  t.is(await answerOf(await call('test.Which', 'two')), 'any\n');
  t.is(await answerOf(await call('test.Which')), 'none\n');
});

test('request, response, messages and exit status go through', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Cat': 'cat; echo "a message" >&2; exit 7' });
  const running = await call('test.Cat');
  const data = Buffer.alloc(300_000, 'data');
  const sending = running.stdin.write(data).then(() => running.stdin.end());
  t.is(Buffer.compare(await collect(running.stdout), data), 0);
  await sending;
  t.is(await running.finished, 7);
  t.is(running.untrustedStderr(), 'a message\n');
});

test('of many messages the last are kept', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Talk': 'seq 1 50000 >&2' });
  const running = await call('test.Talk');
  await answerOf(running);
  await running.finished;
  t.is(running.untrustedStderr().length, 64 * 1024);
  t.true(running.untrustedStderr().endsWith('\n50000\n'));
});

test('a service that is ended by a signal gives 128 and its number', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Die': 'kill -9 $$' });
  const running = await call('test.Die');
  await answerOf(running);
  t.is(await running.finished, 137);
});

test('killing or aborting a call ends the service', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.Wait': 'exec sleep 60' });
  const killed = await call('test.Wait');
  killed.kill();
  t.is(await killed.finished, 143);

  const abort = new AbortController();
  const request = { target: 'backup', service: 'test.Wait', argument: '' };
  const aborted = await new EmbeddedCaller({ root }).call({ ...request, signal: abort.signal });
  abort.abort();
  t.is(await aborted.finished, 143);
});

test('writing to a service that has gone fails and does nothing else', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Exit': 'exit 0' });
  const running = await call('test.Exit');
  t.is((await collect(running.stdout)).length, 0);
  t.is(await running.finished, 0);
  await t.throwsAsync(running.stdin.write(Buffer.from('x')), { code: 'EPIPE' });
});

test('a qube or service that is not there is told before anything starts', async (t) => {
  const { root, call } = await qrexecSystem(t, { 'test.A': 'true' });
  const missing = await t.throwsAsync(call('test.B'), { instanceOf: CallError });
  t.regex(missing.message, /test\.B is not installed/);
  t.is(missing.status, 127);
  const unknown = await t.throwsAsync(call('test.A', '', 'work'), { instanceOf: CallError });
  t.regex(unknown.message, /no qube work/);
  t.is(unknown.status, 126);
  await chmod(join(root, 'qubes-rpc', 'test.A'), 0o644);
  const unusable = await t.throwsAsync(call('test.A'), { instanceOf: CallError });
  t.is(unusable.status, 125);
});

for (const [service, argument, target] of [
  ['../evil', '', 'backup'],
  ['.', '', 'backup'],
  ['a+b', '', 'backup'],
  ['test.A', '../../x', 'backup'],
  ['test.A', 'a b', 'backup'],
  ['test.A', '', '../backup'],
  ['test.A', '', ''],
  ['test.A', '', 'q'.repeat(32)],
] as const) {
  test(`"${service}" "${argument}" in "${target}" cannot be called`, async (t) => {
    const { call } = await qrexecSystem(t, { 'test.A': 'true' });
    await t.throwsAsync(call(service, argument, target), { instanceOf: UsageError });
  });
}

test('a backup is restored from the home of a qube through the built service', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await cp(fixture('v4-gzip'), join(root, 'home', 'backup', 'my backup'));
  await symlink(
    join(await builtFolder(), 'services', 'qubes.Restore'),
    join(root, 'qubes-rpc', 'qubes.Restore'),
  );
  const running = await call('qubes.Restore');
  await running.stdin.write(Buffer.from('my backup\nbackup-header\n'));
  const reading = readQfile(running.stdout);
  const names: string[] = [];
  for await (const { untrustedName } of reading.entries) names.push(untrustedName);
  await running.stdin.write(reading.result(0));
  t.deepEqual(names, ['backup-header', 'backup-header.hmac']);
  t.is(await running.finished, 0);
});
