import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { QubesDbClient } from '../../../lib/qubesdb/client.ts';
import {
  adminCall,
  adminSocket,
  makeSystem,
  spawnHost,
  startHost,
  untilItAnswers,
} from '../../support/embedded-system.ts';
import type { RunningHost } from '../../support/embedded-system.ts';
import { databaseSocket } from '../../support/qubesdb.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

await builtFolder();

async function newSystem(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  return root;
}

function endWith(t: ExecutionContext, host: RunningHost): RunningHost {
  t.teardown(() => host.kill('SIGKILL'));
  return host;
}

async function stateOf(root: string, qube: string): Promise<string | undefined> {
  const reply = await adminCall(root, { method: 'admin.vm.List', destination: qube });
  return /state=(\w+)/.exec(reply)?.[1];
}

async function untilState(root: string, qube: string, state: string): Promise<void> {
  while ((await stateOf(root, qube)) !== state) await sleep(20);
}

async function call(root: string, method: string, destination: string): Promise<void> {
  const reply = await adminCall(root, { method, destination });
  if (!reply.startsWith('0\0')) throw new Error(`${method} ${destination}: ${reply}`);
}

async function valueOf(root: string, qube: string, path: string): Promise<string> {
  const client = await QubesDbClient.connect(databaseSocket(root, qube));
  try {
    return Buffer.from((await client.read(path)) ?? []).toString();
  } finally {
    await client.close();
  }
}

test('qubes go on when their host is killed, and the next one has them', async (t) => {
  const root = await newSystem(t);
  const first = endWith(t, await startHost(root));
  await call(root, 'admin.vm.Start', 'vault');
  t.is(await stateOf(root, 'vault'), 'Running');
  t.is(await valueOf(root, 'vault', '/name'), 'vault');
  const agent = await QubesDbClient.connect(databaseSocket(root, 'vault'));
  await agent.write('/of-the-qube', 'its own');
  await agent.close();
  const xid = await adminCall(root, {
    method: 'admin.vm.property.Get',
    argument: 'xid',
    destination: 'vault',
  });
  first.kill('SIGKILL');
  await first.finished;

  const second = endWith(t, await startHost(root));
  t.is(await stateOf(root, 'vault'), 'Running');
  t.is(await valueOf(root, 'vault', '/name'), 'vault');
  t.is(await valueOf(root, 'vault', '/of-the-qube'), 'its own');
  t.is(
    await adminCall(root, {
      method: 'admin.vm.property.Get',
      argument: 'xid',
      destination: 'vault',
    }),
    xid,
  );
  await call(root, 'admin.vm.Shutdown', 'vault');
  await untilState(root, 'vault', 'Halted');
  second.kill('SIGTERM');
  t.is(await second.finished, 0);
});

test('what was shutting down when its host was killed is halted under the next', async (t) => {
  const root = await newSystem(t);
  await writeFile(join(root, 'machine.json'), '{"shutdownSeconds": 1}');
  const first = endWith(t, await startHost(root));
  await call(root, 'admin.vm.Start', 'vault');
  await call(root, 'admin.vm.Shutdown', 'vault');
  t.is(await stateOf(root, 'vault'), 'Halting');
  first.kill('SIGKILL');
  await first.finished;
  endWith(t, await startHost(root));
  await untilState(root, 'vault', 'Halted');
  await call(root, 'admin.vm.Start', 'vault');
  t.is(await valueOf(root, 'vault', '/name'), 'vault');
});

test('after a start of the machine all qubes are halted, and can be started', async (t) => {
  const root = await newSystem(t);
  const first = endWith(t, await startHost(root));
  await call(root, 'admin.vm.Start', 'vault');
  const admin = await QubesDbClient.connect(databaseSocket(root, 'dom0'));
  await admin.write('/of-dom0', 'x');
  await admin.close();
  first.kill('SIGKILL');
  await first.finished;
  const file = join(root, 'run', 'domains.json');
  const saved = await readFile(file, 'utf8');
  await writeFile(file, saved.replace(/"bootId":"[^"]+"/, '"bootId":"an earlier one"'));
  endWith(t, await startHost(root));
  t.is(await stateOf(root, 'vault'), 'Halted');
  t.is(await valueOf(root, 'dom0', '/of-dom0'), '');
  await call(root, 'admin.vm.Start', 'vault');
  t.is(await stateOf(root, 'vault'), 'Running');
});

test('an idle host stays as long as a qube runs', async (t) => {
  const root = await newSystem(t);
  const host = endWith(t, await spawnHost(['--root', root, '--idle-exit', '0.5']));
  await untilItAnswers(adminSocket(root));
  await call(root, 'admin.vm.Start', 'vault');
  await sleep(1500);
  t.is(await valueOf(root, 'vault', '/name'), 'vault');
  await call(root, 'admin.vm.Shutdown', 'vault');
  t.is(await host.finished, 0);
});

for (const [file, content, reason] of [
  ['machine.json', '{"memory": 1}', 'it has what nobody knows: memory'],
  ['run/domains.json', '{}', 'it is not what a host has written'],
] as const) {
  test(`a host does not begin with a ${file} that cannot be read`, async (t) => {
    const root = await newSystem(t);
    const host = endWith(t, await startHost(root));
    host.kill('SIGTERM');
    await host.finished;
    await writeFile(join(root, file), content);
    const next = await spawnHost(['--root', root]);
    t.is(await next.finished, 6);
    const stderr = await next.stderr;
    t.true(stderr.startsWith('error: Cannot '), stderr);
    t.true(stderr.includes(`${join(root, file)}: ${reason}`), stderr);
  });
}
