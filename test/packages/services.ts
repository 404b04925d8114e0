import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import { allPackages } from './install.ts';
import { release } from './release.ts';
import { type Root, testInRoot } from './root.ts';
import { rootWithNode } from './stock-root.ts';

const LONG = 10 * 60 * 1000;

const SERVICES = '/usr/libexec/qubes-rpc/services';

/** How stock dom0 starts some services, through sudo: nothing else is known, and no argument given. */
const CALL = { QREXEC_REMOTE_DOMAIN: 'dom0', QREXEC_REQUESTED_TARGET: 'dom0' };

/** A system in the root, whose host the first call starts. */
const SYSTEM = { QUBES_RPC_ROOT: '/srv/system' };

/** An answer of the host, or why there is none. */
const FRAME = /^(?:0\0|1\0|2\0[\s\S]*\0)/;

async function calledOnce(
  root: Root,
  path: string,
  env: Record<string, string>,
  input: string | Uint8Array = '',
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  return root.run(path, [''], { env: { ...CALL, ...env }, input, stdin: 'pipe' });
}

testInRoot('every call of the Admin API is answered by what is installed', async (t) => {
  t.timeout(LONG);
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(await release()));
  const made = await root.run('/usr/bin/qubes-rpc', ['init', '--sample'], { env: SYSTEM });
  t.is(made.exitCode, 0, made.stderr);
  const names = await readdir(root.at(SERVICES));
  const calls = names.filter((name) => /^(?:admin|internal)\./.test(name));
  t.true(calls.length > 120);
  for (const name of calls.filter((one) => !ENDLESS.includes(one))) {
    const { exitCode, stdout, stderr } = await calledOnce(root, `${SERVICES}/${name}`, SYSTEM);
    t.is(exitCode, 0, `${name}: ${stderr}`);
    t.regex(stdout, FRAME, name);
    t.notRegex(stdout, /Nobody serves|did not start|no such method/i, name);
  }
  for (const name of ENDLESS) {
    // Until the caller is gone: so many bytes are all it reads.
    const { stdout } = await root.run(`${SERVICES}/${name}`, [''], {
      env: { ...CALL, ...SYSTEM },
      maxBuffer: 1,
    });
    t.is(stdout, '1', name);
  }
  const listed = await calledOnce(root, `${SERVICES}/admin.vm.List`, SYSTEM);
  t.regex(listed.stdout, /^0\0dom0 class=AdminVM /m);
  await root.run('/usr/bin/qubes-rpc', ['host', 'stop'], { env: SYSTEM });
});

/** They go on until the caller leaves. */
const ENDLESS = ['admin.Events', 'admin.vm.Stats'];

testInRoot('on a machine without a host the answer says so', async (t) => {
  t.timeout(LONG);
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(await release()));
  for (const path of [`${SERVICES}/admin.vm.List`, '/etc/qubes-rpc/admin.vm.Describe']) {
    const { exitCode, stdout } = await calledOnce(root, path, {});
    t.is(exitCode, 0, 'or else the caller would not get the answer');
    t.regex(stdout, /^2\0[\s\S]*Nobody serves the Admin API/);
  }
});

testInRoot('services of a qube do their work as installed', async (t) => {
  t.timeout(LONG);
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(await release()));
  await writeFile(root.at('srv', 'content'), 'content of the backup');
  await execa('tar', ['-cf', root.at('srv', 'backup'), '-C', root.at('srv'), 'content']);

  const sent = await calledOnce(root, `${SERVICES}/qubes.Restore`, {}, '/srv/backup\n\n');
  t.true(sent.stdout.includes('content of the backup'), sent.stderr);
  t.regex(sent.stderr, /Starting Restorecopy/);

  const id = await calledOnce(
    root,
    `${SERVICES}/qubes.RegisterBackupLocation`,
    {},
    '/srv/backup\n',
  );
  t.regex(id.stdout, /^[A-Za-z]{8}\n?$/, id.stderr);
  t.is(id.exitCode, 0);

  const nameless = await calledOnce(root, `${SERVICES}/qubes.RestoreById`, {});
  t.is(nameless.exitCode, 1);
  t.regex(nameless.stderr, /Missing backup location ID argument/);
});

testInRoot('every service of a qube starts, and ends as a service does', async (t) => {
  t.timeout(LONG);
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(await release()));
  const systemctl = '#!/usr/bin/node\nconsole.error(process.argv.slice(2).join(" "));\n';
  await writeFile(root.at('usr', 'bin', 'systemctl'), systemctl, { mode: 0o755 });
  const names = await readdir(root.at(SERVICES));
  for (const name of names.filter((one) => one.startsWith('qubes.'))) {
    const { exitCode, stderr } = await calledOnce(root, `${SERVICES}/${name}`, {});
    t.true(exitCode !== undefined && exitCode < 125, `${name}: ${exitCode ?? ''} ${stderr}`);
    t.notRegex(stderr, /Internal error|node:internal|at .*\.cjs/, name);
  }
});

testInRoot('programs run with the Node of the package, whatever the PATH says', async (t) => {
  t.timeout(LONG);
  const root = await rootWithNode(t);
  await root.rpm('--install', ...allPackages(await release()));
  for (const file of await readdir(root.at('usr/libexec/qubes-rpc/lib'))) {
    const text = await readFile(root.at('usr/libexec/qubes-rpc/lib', file), 'utf8');
    t.true(text.startsWith('#!/usr/bin/node\n'), file);
  }
  for (const program of ['qubes-restore', 'qubes-rpc', 'qubes-rpcd']) {
    const args = ['--version'];
    const { stdout } = await root.run(`/usr/bin/${program}`, args, { env: { PATH: '/nowhere' } });
    t.regex(stdout, /^\d+\.\d+\.\d+$/, program);
    await t.notThrowsAsync(access(root.at(join('/usr/bin', program))));
  }
});
