import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { createStore } from '../../../lib/model/store/create-store.ts';
import { embeddedDoors } from '../../../lib/cli/embedded-doors.ts';
import { findProgram } from '../../../lib/base/program.ts';
import {
  adminCall,
  adminSocket,
  exchange,
  makeSystem,
  spawnHost,
  startHost,
  untilItAnswers,
} from '../../support/embedded-system.ts';
import type { RunningHost } from '../../support/embedded-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { RawClient } from '../../support/served-socket.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A program of systemd that these tests use; where there is none they count as skipped. */
const activate = await findProgram('systemd-socket-activate');
const withSystemd = activate === undefined ? test.skip : test;

async function newSystem(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  return root;
}

function endWith(t: ExecutionContext, host: RunningHost): RunningHost {
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  return host;
}

const ask = async (socket: string, header: string): Promise<string> =>
  Buffer.from(await exchange(socket, `${header}\0`)).toString();

const noMethod = (name: string): string => `2\0ProtocolError\0\0no such method: '${name}'\0`;

test('each socket serves its own interface', async (t) => {
  const root = await newSystem(t);
  const host = endWith(t, await startHost(root));
  const calls = {
    qubesd: 'admin.vm.List',
    'qubesd.internal': 'internal.GetSystemInfo',
    'qubesd.misc': 'qubes.NotifyTools',
  };
  for (const socket of Object.keys(calls)) {
    for (const [home, method] of Object.entries(calls)) {
      const reply = await ask(join(root, 'run', `${socket}.sock`), `${method} work name dom0`);
      if (home === socket) t.not(reply, noMethod(method));
      else t.is(reply, noMethod(method));
      t.not(reply, '');
    }
  }
  host.kill('SIGTERM');
  t.is(await host.finished, 0);
  t.deepEqual(
    (await readdir(join(root, 'run'))).filter((name) => name.includes('sock')),
    [],
    'no socket is left',
  );
  t.is(await host.stderr, `Serving 12 qubes of ${root}, process ${host.pid}\nStopping: SIGTERM\n`);
});

test('a second host on the same system refuses, and says who has it', async (t) => {
  const root = await newSystem(t);
  const first = endWith(t, await startHost(root));
  const second = await spawnHost(['--root', root]);
  t.is(await second.finished, 6);
  const said = await second.stderr;
  t.true(said.startsWith(`error: Cannot open the system in ${root}: `), said);
  t.true(said.includes(String(first.pid)), said);
  t.is(
    await adminCall(root, { method: 'admin.vm.tag.Get', argument: 'x', destination: 'work' }),
    '0\x000',
  );
});

test('where sockets cannot be made it says so, and does not try for ever', async (t) => {
  const root = await newSystem(t);
  const host = await spawnHost(['--root', root, '--listen', '/proc/nothing/here']);
  t.is(await host.finished, 6);
  t.regex(await host.stderr, /^error: Cannot create the folder \/proc\/nothing/);
});

test('its sockets are in a folder that is not open to everybody', async (t) => {
  const folder = join(await temporaryFolder(t), 'system');
  await createStore(folder, embeddedDoors(folder));
  const host = endWith(t, await startHost(folder));
  t.is((await stat(join(folder, 'run'))).mode & 0o007, 0);
  host.kill('SIGTERM');
  await host.finished;
});

/** Loaded into the host: on SIGUSR2 it collects garbage, and writes how many bytes are in use. */
const TELL_HEAP = `
require('node:v8').setFlagsFromString('--expose-gc');
const collect = require('node:vm').runInNewContext('gc');
const { renameSync, writeFileSync } = require('node:fs');
process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(__filename + '.new', String(heapUsed + external));
  renameSync(__filename + '.new', __filename + '.told');
});
`;

test('calls leave nothing behind in memory', async (t) => {
  const root = await newSystem(t);
  const teller = join(root, 'tell-heap.cjs');
  await writeFile(teller, TELL_HEAP);
  const env = { NODE_OPTIONS: `--require ${teller}` };
  const host = endWith(t, await spawnHost(['--root', root], env));
  await untilItAnswers(adminSocket(root));
  const inUse = async (): Promise<number> => {
    await rm(`${teller}.told`, { force: true });
    host.kill('SIGUSR2');
    for (;;) {
      const told = await readFile(`${teller}.told`, 'utf8').catch(() => undefined);
      if (told !== undefined) return Number(told);
      await sleep(20);
    }
  };
  const call = { method: 'admin.vm.property.Get', argument: 'memory', destination: 'work' };
  const calls = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done++) await adminCall(root, call);
  };
  await calls(1000);
  const before = await inUse();
  await calls(5000);
  const grown = (await inUse()) - before;
  t.true(grown < 5000 * 100, `${grown} bytes more`);
});

test('what is not there is an error that says what to do', async (t) => {
  const root = await temporaryFolder(t);
  const host = await spawnHost(['--root', root]);
  t.is(await host.finished, 6);
  t.regex(await host.stderr, /^error: There is no system in .*\n {2}Make one with qubes-rpc init/);

  const wrong = await spawnHost(['--nonsense']);
  t.is(await wrong.finished, 2);
  t.regex(await wrong.stderr, /^error: .*nonsense.*\n {2}See qubes-rpcd --help\.\n$/);
});

test('the system is found by QUBES_RPC_ROOT, the sockets where --listen says', async (t) => {
  const root = await newSystem(t);
  const listen = join(await temporaryFolder(t), 'new', 'sockets');
  const host = endWith(t, await spawnHost(['--listen', listen], { QUBES_RPC_ROOT: root }));
  await untilItAnswers(join(listen, 'qubesd.sock'));
  t.deepEqual(await readdir(listen), ['qubesd.internal.sock', 'qubesd.misc.sock', 'qubesd.sock']);
  host.kill('SIGINT');
  t.is(await host.finished, 0);
});

test('a host that was killed leaves nothing in the way of the next', async (t) => {
  const root = await newSystem(t);
  const killed = await startHost(root);
  killed.kill('SIGKILL');
  t.is(await killed.finished, 'SIGKILL');
  t.true((await readdir(join(root, 'run'))).includes('qubesd.sock'));
  endWith(t, await startHost(root));
  t.true((await adminCall(root, { method: 'admin.vm.List' })).startsWith('0\0dom0 '));
});

test('an idle host ends, one with a subscriber stays', async (t) => {
  const root = await newSystem(t);
  const host = endWith(t, await spawnHost(['--root', root, '--idle-exit', '0.5']));
  await untilItAnswers(adminSocket(root));
  const client = await RawClient.connect(adminSocket(root));
  client.end('admin.Events dom0 name dom0\0');
  await client.until((text) => text !== '');
  await sleep(1500);
  t.true((await adminCall(root, { method: 'admin.vm.List' })).startsWith('0\0'));
  client.destroy();
  t.is(await host.finished, 0);
  t.true((await host.stderr).endsWith('Stopping: no call for 0.5 s\n'));
});

test('a host outlives its terminal', async (t) => {
  const root = await newSystem(t);
  const host = endWith(t, await startHost(root));
  host.kill('SIGHUP');
  await sleep(100);
  t.true((await adminCall(root, { method: 'admin.vm.List' })).startsWith('0\0'));
});

test('subscribers get the end of the stream when the host stops', async (t) => {
  const root = await newSystem(t);
  const host = endWith(t, await startHost(root));
  const client = await RawClient.connect(adminSocket(root));
  client.end('admin.Events dom0 name dom0\0');
  await client.until((text) => text !== '');
  const begin = performance.now();
  host.kill('SIGTERM');
  t.is(await host.finished, 0);
  t.true(performance.now() - begin < 5000);
  await client.over;
  t.is(client.received, '1\0\0connection-established\0\0');
  t.is(client.error, undefined);
});

test('what was changed is on disk when it is acknowledged', async (t) => {
  const root = await newSystem(t);
  const host = await startHost(root);
  const call = { method: 'admin.vm.feature.Set', argument: 'kept', destination: 'work' };
  t.is(await adminCall(root, { ...call, payload: 'yes' }), '0\0');
  host.kill('SIGKILL');
  await host.finished;
  t.true((await readFile(join(root, 'qubes.xml'), 'utf8')).includes('name="kept">yes<'));
});

withSystemd('sockets that systemd opened are served, and stay when the host ends', async (t) => {
  const root = await newSystem(t);
  const folder = await temporaryFolder(t);
  const socket = (name: string): string => join(folder, `${name}.sock`);
  const program = join(await builtFolder(), 'bin', 'qubes-rpcd');
  const names = ['qubesd.misc', 'qubesd'];
  const child = execa(
    activate ?? '',
    [
      ...names.flatMap((name) => ['--listen', socket(name)]),
      `--fdname=${names.join(':')}`,
      program,
      '--root',
      root,
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', reject: false },
  );
  t.teardown(() => void child.kill('SIGKILL'));
  while (!(await readdir(folder)).includes('qubesd.sock')) await sleep(5);
  const list = await ask(socket('qubesd'), 'admin.vm.List dom0 name dom0');
  t.true(list.startsWith('0\0dom0 class=AdminVM'), list);
  t.is(await ask(socket('qubesd.misc'), 'admin.vm.List dom0 name dom0'), noMethod('admin.vm.List'));
  child.kill('SIGTERM');
  t.is((await child).exitCode, 0);
  t.deepEqual((await readdir(folder)).sort(), ['qubesd.misc.sock', 'qubesd.sock']);
});

test('systemd is told when the host serves, lives and stops', async (t) => {
  const root = await newSystem(t);
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'bin'));
  const told = join(folder, 'told');
  const notify = join(folder, 'bin', 'systemd-notify');
  await writeFile(notify, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>'${told}'\n`);
  await chmod(notify, 0o755);
  const host = endWith(
    t,
    await spawnHost(['--root', root], {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      NOTIFY_SOCKET: '/run/notify',
      WATCHDOG_USEC: '200000',
    }),
  );
  const lines = async (): Promise<string[]> =>
    (await readFile(told, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  while ((await lines()).length < 3) await sleep(20);
  t.true((await adminCall(root, { method: 'admin.vm.List' })).startsWith('0\0'));
  host.kill('SIGTERM');
  t.is(await host.finished, 0);
  const [first, second, ...others] = await lines();
  t.is(first, '/run/notify --no-block READY=1');
  t.is(second, '/run/notify --no-block WATCHDOG=1');
  t.is(others.at(-1), '/run/notify --no-block STOPPING=1');
});
