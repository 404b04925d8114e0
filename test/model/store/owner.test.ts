import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

import { NeedsError } from '../../../lib/base/errors.ts';
import { open, openIn, realStore } from '../../support/store.ts';
import { startStoreProcess } from '../../support/store-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function systemFolder(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'qubes.xml'), realStore('xml/store.qubes.xml'));
  return folder;
}

async function refusal(t: ExecutionContext, folder: string): Promise<string> {
  const error = await t.throwsAsync(open(folder), { instanceOf: NeedsError });
  return error.message;
}

/** A program that does something with a path and then waits, until the test ends. */
async function program(t: ExecutionContext, script: string, path: string): Promise<number> {
  const child = execa(
    'python3',
    ['-c', `${script}\nprint('ready', flush=True)\nimport time; time.sleep(60)`, path],
    {
      reject: false,
      buffer: false,
    },
  );
  t.teardown(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return child.pid ?? -1;
}

test('a store is open once: the second process is told of the first, until that is gone', async (t) => {
  const folder = await systemFolder(t);
  const other = await startStoreProcess(folder, '--hold');
  t.is(
    await refusal(t, folder),
    `Cannot open the system in ${folder}: process ${other.pid} (node) has it open`,
  );
  await other.kill();
  await (await open(folder)).close();
});

test('nobody else can lock it: only its owner may open the file of the lock', async (t) => {
  const folder = await systemFolder(t);
  const { close } = await open(folder);
  t.is((await stat(join(folder, 'qubes.xml.lock'))).mode & 0o777, 0o600);
  await close();
});

test('the same process does not open it twice either, but again after it was closed', async (t) => {
  const folder = await temporaryFolder(t);
  const { close } = await openIn(folder);
  t.regex(await refusal(t, folder), new RegExp(`process ${process.pid} .* has it open`));
  await close();
  await (await open(folder)).close();
});

test('a program that holds a POSIX lock on the store owns it', async (t) => {
  const folder = await systemFolder(t);
  const script = 'import sys, fcntl\nf = open(sys.argv[1], "r+")\nfcntl.lockf(f, fcntl.LOCK_EX)';
  const pid = await program(t, script, join(folder, 'qubes.xml'));
  t.is(
    await refusal(t, folder),
    `Cannot open the system in ${folder}: process ${pid} (python3) holds a lock on qubes.xml`,
  );
});

test('a daemon that listens where a host would owns the store; a socket file alone does not', async (t) => {
  const folder = await systemFolder(t);
  await mkdir(join(folder, 'run'));
  const socket = join(folder, 'run', 'qubesd.sock');
  const bind = 'import sys, socket\ns = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])';
  await program(t, `${bind}\ns.close()`, socket);
  await (await open(folder)).close();
  await execa('rm', [socket]);
  const pid = await program(t, `${bind}\ns.listen()`, socket);
  t.is(
    await refusal(t, folder),
    `Cannot open the system in ${folder}: process ${pid} (python3) listens on ${socket}`,
  );
});

test('a socket that this process itself was given to listen on is no obstacle', async (t) => {
  const folder = await systemFolder(t);
  await mkdir(join(folder, 'run'));
  const server = createServer();
  t.teardown(() => void server.close());
  await new Promise<void>((resolve) => server.listen(join(folder, 'run', 'qubesd.sock'), resolve));
  const { app, close } = await open(folder);
  t.is(app.qubes.admin.name, 'dom0');
  await close();
});

test('where there is no system, it says so and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  t.is(await refusal(t, folder), `There is no system in ${folder}: it has no qubes.xml`);
  t.regex(
    await refusal(t, join(folder, 'none')),
    /Cannot open the folder .*none: it does not exist/,
  );
  t.is((await execa('ls', ['-A', folder])).stdout, '');
});
