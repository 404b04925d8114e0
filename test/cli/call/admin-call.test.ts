import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { adminCall, makeSystem, startHost } from '../../support/embedded-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { runProgram } from '../../support/run-program.ts';
import type { RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Call {
  readonly root: string;
  readonly method: string;
  readonly argument?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** All that sudo leaves of qrexec's environment. */
const LEAST = { QREXEC_REMOTE_DOMAIN: 'dom0', QREXEC_REQUESTED_TARGET: 'work' };

async function call({ root, method, argument, env = LEAST, input = '' }: Call): Promise<RunResult> {
  const program = join(await builtFolder(), 'services', method);
  return runProgram(program, argument === undefined ? [] : [argument], {
    env: { QUBES_RPC_ROOT: root, ...env },
    input,
  });
}

async function newSystem(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  return root;
}

/** A system whose host runs. */
async function servedSystem(t: ExecutionContext): Promise<string> {
  const root = await newSystem(t);
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  return root;
}

/** Ends the host that somebody else started for a system, which is no child of ours. */
async function endHost(root: string): Promise<void> {
  const program = join(await builtFolder(), 'bin', 'qubes-rpc');
  await runProgram(program, ['host', 'stop', '--root', root], { mustSucceed: true });
}

/** Starts `admin.Events` on `work`, and waits until it hears of things. */
async function subscribe(root: string) {
  const child = execa(join(await builtFolder(), 'services', 'admin.Events'), [''], {
    env: { QUBES_RPC_ROOT: root, ...LEAST },
    stdin: 'ignore',
    stdout: 'pipe',
    buffer: false,
    reject: false,
  });
  let received = '';
  child.stdout.on('data', (bytes) => (received += String(bytes)));
  const until = async (text: string): Promise<string> => {
    while (!received.includes(text)) await sleep(5);
    return received;
  };
  await until('connection-established\0\0');
  return { child, until };
}

test('an executable passes its call on and the answer back', async (t) => {
  const root = await servedSystem(t);
  const get = await call({ root, method: 'admin.vm.property.Get', argument: 'memory' });
  t.is(get.exitCode, 0);
  t.is(get.text, '0\0default=True type=int 400');
  t.is(get.stderr, '');

  const set = await call({
    root,
    method: 'admin.vm.feature.Set',
    argument: 'f',
    input: 'a value',
  });
  t.is(set.text, '0\0');
  const kept = { method: 'admin.vm.feature.Get', argument: 'f', destination: 'work' };
  t.is(await adminCall(root, kept), '0\0a value');
});

test('what qrexec says in the environment counts', async (t) => {
  const root = await servedSystem(t);
  const named = await call({
    root,
    method: 'admin.vm.property.Get',
    argument: 'memory',
    env: {
      QREXEC_SERVICE_FULL_NAME: 'admin.vm.property.Get+vcpus',
      QREXEC_SERVICE_ARGUMENT: 'vcpus',
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET_TYPE: 'name',
      QREXEC_REQUESTED_TARGET: 'work',
    },
  });
  t.is(named.text, '0\0default=True type=int 2');
  const keyword = await call({
    root,
    method: 'admin.vmclass.List',
    argument: '',
    env: {
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET_TYPE: 'keyword',
      QREXEC_REQUESTED_TARGET_KEYWORD: 'adminvm',
    },
  });
  t.true(keyword.text.startsWith('0\0AppVM\n'));
});

test('an empty argument is none', async (t) => {
  const root = await servedSystem(t);
  const { text, exitCode } = await call({ root, method: 'admin.vm.tag.List', argument: '' });
  t.is(exitCode, 0);
  t.true(text.startsWith('0\0'), text);
});

test('calls of other interfaces find their socket', async (t) => {
  const root = await servedSystem(t);
  const info = await call({
    root,
    method: 'internal.GetSystemInfo',
    env: { QREXEC_REMOTE_DOMAIN: 'dom0', QREXEC_REQUESTED_TARGET: 'dom0' },
  });
  t.true(info.text.startsWith('0\0{"domains": {"dom0": '));
  const env = { QREXEC_REMOTE_DOMAIN: 'work' };
  const updates = await call({ root, method: 'qubes.NotifyUpdates', env, input: '1' });
  t.is(updates.text, '0\0');
});

test('an error is an answer: exit status 0', async (t) => {
  const root = await servedSystem(t);
  const { text, exitCode } = await call({
    root,
    method: 'admin.vm.property.Get',
    argument: 'nosuch',
  });
  t.is(exitCode, 0);
  t.is(text, "2\0QubesNoSuchPropertyError\0\0Invalid property 'nosuch' of work\0");

  const alone = await call({ root, method: 'admin.vm.List', env: {} });
  t.is(alone.exitCode, 0);
  t.is(alone.text, '2\0ProtocolError\0\0QREXEC_REMOTE_DOMAIN does not say who calls\0');
});

test('a request that is too long is refused, and read', async (t) => {
  const root = await servedSystem(t);
  const set = (size: number): Promise<RunResult> =>
    call({
      root,
      method: 'admin.vm.notes.Set',
      env: LEAST,
      input: 'x'.repeat(size),
    });
  const header = 'admin.vm.notes.Set+ dom0 name work\0'.length;
  t.is((await set(65_536 - header)).text, '0\0');
  for (const size of [65_537 - header, 1_000_000]) {
    const { text, exitCode } = await set(size);
    t.is(exitCode, 0);
    t.is(text, '2\0ProtocolError\0\0request too long: more than 65536 bytes\0');
  }
});

test('without a system there is an answer that says so', async (t) => {
  const root = await temporaryFolder(t);
  const { text, exitCode } = await call({ root, method: 'admin.vm.List' });
  t.is(exitCode, 0);
  t.true(
    text.startsWith(`2\0QubesException\0\0There is no system in ${root}. Make one with`),
    text,
  );
});

test('a system that cannot be loaded is an answer that names the log', async (t) => {
  const root = await newSystem(t);
  await writeFile(join(root, 'qubes.xml'), '<qubes><domains>');
  const { exitCode, text } = await call({ root, method: 'admin.vm.List' });
  t.is(exitCode, 0);
  const log = join(root, 'run', 'qubes-rpcd.log');
  t.is(text, `2\0QubesException\0\0The host of the system in ${root} did not start: see ${log}\0`);
  t.true((await readFile(log, 'utf8')).startsWith('error: '));
});

test('a host is started for a system whose folder is named from where the caller is', async (t) => {
  const root = await newSystem(t);
  t.teardown(() => endHost(root));
  const program = join(await builtFolder(), 'services', 'admin.vm.CurrentState');
  const { text } = await runProgram(program, [], {
    cwd: dirname(root),
    env: { QUBES_RPC_ROOT: basename(root), ...LEAST },
  });
  t.true(text.startsWith('0\0'), text);
});

test('two executables at once start one host, and both are answered', async (t) => {
  const root = await newSystem(t);
  t.teardown(() => endHost(root));
  const answers = await Promise.all(
    ['work', 'vault', 'work', 'vault'].map((target) =>
      call({
        root,
        method: 'admin.vm.List',
        env: { QREXEC_REMOTE_DOMAIN: 'dom0', QREXEC_REQUESTED_TARGET: target },
      }),
    ),
  );
  for (const [index, { exitCode, text }] of answers.entries()) {
    t.is(exitCode, 0);
    t.true(text.startsWith(index % 2 === 0 ? '0\0work class=' : '0\0vault class='), text);
  }
  t.true((await readdir(join(root, 'run'))).includes('qubesd.sock'));
});

test('events come as they happen, until the caller goes', async (t) => {
  const root = await servedSystem(t);
  const { child, until } = await subscribe(root);
  const set = { method: 'admin.vm.tag.Set', argument: 'seen', destination: 'work' };
  t.is(await adminCall(root, set), '0\0');
  t.is(
    await until('domain-tag-add:seen\0tag\0seen\0\0'),
    '1\0\0connection-established\0\x001\0work\0domain-tag-add:seen\0tag\0seen\0\0',
  );
  // Nothing happens any more: the executable finds out by itself.
  child.stdout.destroy();
  t.is((await child).exitCode, 0);
});

test('events end when the host does', async (t) => {
  const root = await newSystem(t);
  const host = await startHost(root);
  const { child, until } = await subscribe(root);
  host.kill('SIGTERM');
  t.is(await host.finished, 0);
  t.is((await child).exitCode, 0);
  t.is(await until(''), '1\0\0connection-established\0\0');
});

test('a big answer arrives as a whole', async (t) => {
  const root = await servedSystem(t);
  const notes = 'x'.repeat(65_000);
  await call({ root, method: 'admin.vm.notes.Set', input: notes });
  const { text } = await call({ root, method: 'admin.vm.notes.Get' });
  t.is(text, `0\0${notes}`);
});
