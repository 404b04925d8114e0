// Our services and programs over the real qrexec, and the embedded one beside it. Needs its programs:
// `make test-qrexec QREXEC_FOLDER=…`, not as root, whose services its agent starts through PAM.
import { copyFile, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { qubeSource } from '../../lib/cli/qube-source.ts';
import { CallError } from '../../lib/qrexec/call-error.ts';
import { EmbeddedCaller } from '../../lib/qrexec/embedded-caller.ts';
import { QubesCaller } from '../../lib/qrexec/qubes-caller.ts';
import { collect } from '../support/bytes.ts';
import { fixtureBackup } from '../support/fixture-backup.ts';
import { addService } from '../support/qrexec-system.ts';
import type { RealQrexec } from '../support/real-qrexec.ts';
import { realSystem } from '../support/real-system.ts';
import { runProgram, type RunResult } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { withQrexec } from '../support/with-qrexec.ts';

const POLICY = `
qubes.Restore + work personal allow
test.Env * work personal allow
admin.vm.List + work @adminvm allow
admin.vm.property.Get * work @anyvm allow target=dom0
`;

withQrexec('a backup in one qube is read from another, and from dom0', async (t) => {
  const { root, run, qrexec } = await realSystem(t, POLICY);
  await symlink(
    join(await builtFolder(), 'services', 'qubes.Restore'),
    join(qrexec.services('personal'), 'qubes.Restore'),
  );
  const { path, manifest } = await fixtureBackup('v4-gzip');
  const archive = join(root, 'backup');
  await copyFile(path, archive);
  const secret = join(root, 'secret');
  await writeFile(secret, `${manifest.passphrase}\n`);
  const verify = (caller: string, from: string): Promise<RunResult> => {
    const options = ['--from', from, archive, '--passphrase-file', secret];
    return run('qubes-restore', qrexec.env(caller), 'verify', ...options);
  };
  const verified = await verify('work', 'personal');
  t.is(verified.exitCode, 0, verified.stderr);
  t.deepEqual(await headerByDom0(t, qrexec, archive), ['backup-header', 'backup-header.hmac']);
  const refused = await verify('personal', 'work');
  t.is(refused.exitCode, 3);
  t.regex(
    refused.stderr,
    /Cannot read the backup from work: the call was refused: Request refused/,
  );
  const missing = await run(
    ...(['qubes-rpc', qrexec.env('work'), 'run', 'personal', 'test.Env'] as const),
  );
  t.is(missing.exitCode, 127);
});

/** Names of what comes when dom0 asks for the header alone. */
async function headerByDom0(
  t: ExecutionContext,
  qrexec: RealQrexec,
  archive: string,
): Promise<readonly string[]> {
  const ours = process.env['PATH'];
  t.teardown(() => void (process.env['PATH'] = ours));
  process.env['PATH'] = qrexec.env('dom0')['PATH'];
  // It runs, and there is no qubesd to ask.
  const caller = QubesCaller.inDom0(async () => undefined);
  const source = qubeSource(caller, 'personal', archive);
  const names: string[] = [];
  for await (const entry of source.members(['backup-header'], new AbortController().signal)) {
    names.push(entry.untrustedName);
  }
  await source.close();
  return names;
}

withQrexec('dom0 answers calls of the Admin API that policy allows', async (t) => {
  const { run, qrexec } = await realSystem(t, POLICY);
  const listed = await run('qubes-rpc', qrexec.env('work'), 'call', 'admin.vm.List', '--qrexec');
  t.is(listed.exitCode, 0, listed.stderr);
  const label = await run(
    ...(['qubes-rpc', qrexec.env('work'), 'prefs', 'personal', 'label', '--qrexec'] as const),
  );
  t.is(label.text, 'yellow\n');
  const denied = await run(
    ...(['qubes-rpc', qrexec.env('work'), 'tags', 'personal', '--qrexec'] as const),
  );
  t.is(denied.exitCode, 7);
  t.regex(denied.stderr, /Request refused/);
});

/** How a call ended that brought nothing but its end. */
type End = readonly [status: number, stdout: string];

withQrexec('the embedded qrexec finds, tells and ends as the real one', async (t) => {
  const { root, qrexec } = await realSystem(t, POLICY);
  const services = qrexec.services('personal');
  await oddServices(t, services, qrexec.configs('personal'));
  const ours = join(root, 'ours');
  await mkdir(join(ours, 'home', 'personal'), { recursive: true });
  await oddServices(t, join(ours, 'qubes-rpc'), join(ours, 'rpc-config'));
  const caller = new EmbeddedCaller({ root: ours });

  const byOurs = async (service: string, argument: string): Promise<End> => {
    try {
      const { signal } = new AbortController();
      const call = await caller.call({ target: 'personal', service, argument, signal });
      await call.stdin.end();
      const said = (await collect(call.stdout)).toString();
      return [await call.finished, said];
    } catch (error) {
      if (error instanceof CallError) return [error.status, ''];
      throw error;
    }
  };
  const byReal = async (service: string, argument: string): Promise<End> => {
    const command = `DEFAULT:QUBESRPC ${service}+${argument} dom0`;
    const program = join(root, 'real', 'dom0.bin', 'qrexec-client');
    const { exitCode, text } = await runProgram(program, ['-d', 'personal', '--', command]);
    return [exitCode ?? -1, text];
  };
  for (const [service, argument] of CALLS) {
    t.deepEqual(
      await byOurs(service, argument),
      await byReal(service, argument),
      `${service}+${argument}`,
    );
  }
});

const CALLS: readonly [service: string, argument: string][] = [
  ['test.Env', ''],
  ['test.Env', 'an+arg'],
  ['test.Env', '-x'],
  ['test.Which', ''],
  ['test.Which', 'one'],
  ['test.Which', 'two'],
  ['test.Status', '0'],
  ['test.Status', '7'],
  ['test.Status', '125'],
  ['test.Signal', '9'],
  ['test.Signal', '15'],
  ['test.Nothing', ''],
  ['test.Folder', ''],
  ['test.NotExecutable', ''],
  ['test.NoInterpreter', ''],
  ['test.NoMark', ''],
  ['test.Dangling', ''],
  ['test.Link', 'x'],
  ['test.Socket', ''],
  ['test.Socket', 'arg'],
  ['test.Bare', ''],
  ['test.Dead', ''],
  ['test.BadConfig', ''],
  ['test.OddConfig', ''],
  ['test.Half', ''],
];

/** Everything a service can be, right or wrong. */
async function oddServices(t: ExecutionContext, folder: string, configs: string): Promise<void> {
  const file = (name: string, text: string, mode = 0o755): Promise<void> =>
    writeFile(join(folder, name), text, { mode });
  await addService(
    folder,
    'test.Env',
    'echo "$#:$1"; env | grep ^QREXEC | grep -v -e AGENT_PID -e SERVICE_PATH | sort',
  );
  await addService(folder, 'test.Which', 'echo any');
  await addService(folder, 'test.Which+one', 'echo one');
  await addService(folder, 'test.Which+', 'echo none');
  await addService(folder, 'test.Status', 'echo said; exit "$1"');
  await addService(folder, 'test.Signal', 'kill -"$1" $$');
  await addService(folder, 'test.Half', 'exec >&-; cat; exit 3');
  await addService(folder, 'test.BadConfig', 'echo started');
  await addService(folder, 'test.OddConfig', 'echo started');
  await mkdir(join(folder, 'test.Folder'), { recursive: true });
  await file('test.NotExecutable', '#!/bin/sh\n', 0o644);
  await file('test.NoInterpreter', '#!/nonexistent/interpreter\n');
  await file('test.NoMark', 'echo started\n');
  await symlink('/nonexistent', join(folder, 'test.Dangling'));
  await symlink('test.Status', join(folder, 'test.Link'));
  await mkdir(configs, { recursive: true });
  await writeFile(join(configs, 'test.BadConfig'), 'wait-for-session=maybe\n');
  await writeFile(join(configs, 'test.OddConfig'), 'some-key=17\nexit-on-client-eof=true\n');
  await writeFile(join(configs, 'test.Bare'), 'skip-service-descriptor=true\n');
  for (const name of ['test.Socket', 'test.Bare']) await listen(t, join(folder, name));
  const dead = join(folder, 'test.Dead');
  // Its own file goes with a server, another name of it stays.
  const server = await listen(t, `${dead}.live`);
  await link(`${dead}.live`, dead);
  server.close();
  await once(server, 'close');
}

/** A service that says what it has heard. */
async function listen(t: ExecutionContext, path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const heard: Buffer[] = [];
    socket.on('data', (block: Buffer) => heard.push(block));
    socket.once('end', () => socket.end(Buffer.concat([Buffer.from('heard: '), ...heard])));
    socket.on('error', () => undefined);
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return server;
}
