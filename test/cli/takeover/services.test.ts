import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { findProgram } from '../../../lib/base/program.ts';
import { findService } from '../../../lib/qrexec/find-service.ts';
import { contentOf, installInto, makeFiles, rpcIn } from '../../support/installed-root.ts';
import { runProgram, type RunResult } from '../../support/run-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const FOLDERS = ['run/qubes-rpc', 'usr/local/etc/qubes-rpc', 'etc/qubes-rpc'];
const TMPFILES = 'etc/tmpfiles.d/qubes-rpc.conf';

/** What makes the links anew at a start of the machine; where there is none the skip is counted. */
const tmpfiles = await findProgram('systemd-tmpfiles');
const withTmpfiles = tmpfiles === undefined ? test.skip : test;

/** Somebody whom the system does not know, and who has no home: so it can be where packages are removed. */
const UNKNOWN = ['--user', '--map-user=4242'];
const canBeUnknown = !(await runProgram('unshare', [...UNKNOWN, 'true'])).exitCode;
const asUnknown = canBeUnknown ? test : test.skip;

const STOCK = {
  'etc/qubes-rpc/qubes.Restore': '#!/bin/sh\necho stock\n',
  'etc/qubes-rpc/qubes.WaitForSession': '#!/bin/sh\necho stock\n',
  'etc/qubes-rpc/admin.vm.List': '#!/bin/sh\necho stock\n',
};

/** A root with our packages, and what a stock package has put there. */
async function newRoot(t: ExecutionContext): Promise<string> {
  const root = await temporaryFolder(t);
  await installInto(root);
  await makeFiles(root, STOCK, 0o755);
  return root;
}

/** All but the programs and services. */
async function stateOf(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries(await contentOf(root));
  return Object.fromEntries(entries.filter(([path]) => !path.startsWith('usr/')));
}

/** What qrexec finds, by its own rules. */
async function found(root: string, service: string): Promise<string> {
  const folders = FOLDERS.map((folder) => join(root, folder));
  const { path } = { path: '', ...(await findService(folders, { service, argument: '' })) };
  return path.slice(root.length + 1);
}

test('what is enabled is found first, what is disabled leaves no trace', async (t) => {
  const root = await newRoot(t);
  const before = await contentOf(root);
  t.is(await found(root, 'qubes.Restore'), 'etc/qubes-rpc/qubes.Restore');

  const enabled = await rpcIn(root, ['services', 'enable', 'qubes.Restore', '--json']);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.deepEqual(enabled.json(), [
    {
      type: 'service',
      name: 'qubes.Restore',
      family: 'restore',
      installed: true,
      inForce: 'ours',
      takenOver: true,
      path: '/run/qubes-rpc/qubes.Restore',
      stock: '/etc/qubes-rpc/qubes.Restore',
    },
  ]);
  t.is(await found(root, 'qubes.Restore'), 'run/qubes-rpc/qubes.Restore');
  t.is(await found(root, 'qubes.WaitForSession'), 'etc/qubes-rpc/qubes.WaitForSession');

  const disabled = await rpcIn(root, ['services', 'disable', 'qubes.Restore']);
  t.is(disabled.exitCode, 0, disabled.stderr);
  t.is(await found(root, 'qubes.Restore'), 'etc/qubes-rpc/qubes.Restore');
  t.deepEqual(await contentOf(root), before);
});

test('a service that was taken over is called as ours says, not as stock does', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'etc/qubes/rpc-config/qubes.Restore': "force-user='root'\n" });
  await rpcIn(root, ['services', 'enable', 'qubes.Restore', 'qubes.WaitForNetworkUplink']);
  const config = (name: string): string => join(root, 'run/qubes/rpc-config', name);
  t.regex(await readFile(config('qubes.WaitForNetworkUplink'), 'utf8'), /^force-user='root'$/m);
  t.is(await readFile(config('qubes.Restore'), 'utf8'), '# Made by qubes-rpc services.\n');
});

test('families and all of them; done again it is the same', async (t) => {
  const root = await newRoot(t);
  await rpcIn(root, ['services', 'enable', '--family', 'wait', 'qubes.Restore']);
  const names = ['qubes.Restore', 'qubes.WaitForNetworkUplink', 'qubes.WaitForRunningSystem'];
  const entries = (): Promise<string[]> => readdir(join(root, 'run/qubes-rpc'));
  t.deepEqual((await entries()).sort(), [...names, 'qubes.WaitForSession']);
  const once = await contentOf(root);
  await rpcIn(root, ['services', 'enable', '--family', 'wait', 'qubes.Restore']);
  t.deepEqual(await contentOf(root), once);

  await rpcIn(root, ['services', 'enable', '--all']);
  const all = await entries();
  t.true(all.includes('admin.vm.List') && all.includes('qubes.FeaturesRequest'));
  t.false(
    all.some((name) => name.startsWith('internal.')),
    'qrexec brings no internal calls',
  );
  await rpcIn(root, ['services', 'disable', '--all']);
  t.deepEqual(await entries(), []);
  t.false((await readdir(join(root, 'etc/tmpfiles.d'))).includes('qubes-rpc.conf'));
});

test('what was lost is made good, what a change that was cut short has left goes', async (t) => {
  const root = await newRoot(t);
  await rpcIn(root, ['services', 'enable', 'qubes.Restore']);
  await rm(join(root, 'run/qubes-rpc/qubes.Restore'));
  const link = '../../usr/libexec/qubes-rpc/services/qubes.RestoreById';
  await symlink(link, join(root, 'run/qubes-rpc/qubes.RestoreById'));
  await rpcIn(root, ['services', 'enable', 'qubes.Restore']);
  t.deepEqual(await readdir(join(root, 'run/qubes-rpc')), ['qubes.Restore']);
});

test('what somebody else has put first is not touched', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'run/qubes-rpc/qubes.Restore': '#!/bin/sh\n', 'run/qubes-rpc/mine': '' });
  const before = await contentOf(root);
  const refused = await rpcIn(root, ['services', 'enable', 'qubes.Restore']);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /^error: Cannot take over qubes\.Restore: \/run\/\S+ is not ours\n/);
  t.deepEqual(await contentOf(root), before);
  await rpcIn(root, ['services', 'disable', '--all']);
  t.deepEqual(await contentOf(root), before);
});

test('the status says whose services answer, and which names nobody else has', async (t) => {
  const root = await newRoot(t);
  const beside = '../../usr/libexec/qubes-rpc/services/qubes.RestoreById';
  await symlink(beside, join(root, 'etc/qubes-rpc/qubes.RestoreById'));
  const { text } = await rpcIn(root, ['services']);
  const lines = text.split('\n').map((line) => line.split('\t'));
  const of = (name: string): string[] | undefined => lines.find(([first]) => first === name);
  const stock = '/etc/qubes-rpc/qubes.Restore';
  t.deepEqual(of('qubes.Restore'), ['qubes.Restore', 'restore', 'stock', stock, stock]);
  t.deepEqual(of('qubes.RestoreById')?.slice(2, 4), ['ours', '/etc/qubes-rpc/qubes.RestoreById']);
  t.deepEqual(of('qubes.NotifyTools')?.slice(1, 3), ['notify', 'none']);

  const { stderr } = await rpcIn(root, ['services', 'disable', 'qubes.RestoreById']);
  t.is(
    stderr,
    'warning: qubes.RestoreById stays ours: nothing else on this machine has that name\n',
  );
});

test('of a service that is not installed any more all goes, and of others nothing', async (t) => {
  const root = await newRoot(t);
  const config = 'run/qubes/rpc-config/mine';
  await makeFiles(root, { [config]: '', 'etc/tmpfiles.d/other.conf': '' });
  await mkdir(join(root, 'run/qubes-rpc'));
  const links = {
    nowhere: '/opt/nowhere',
    beside: '/usr/libexec/qubes-rpc-of-others/services/beside',
    outside: '/usr/libexec/qubes-rpc/../outside',
  };
  for (const [name, to] of Object.entries(links)) {
    await symlink(to, join(root, 'run/qubes-rpc', name));
  }
  const before = await stateOf(root);
  const names = ['qubes.Restore', 'qubes.RestoreById', 'admin.vm.List'];
  await rpcIn(root, ['services', 'enable', ...names]);
  for (const name of names) await rm(join(root, 'usr/libexec/qubes-rpc/services', name));

  const shown = await rpcIn(root, ['services', 'status', '--json']);
  const lines = shown.json() as readonly Readonly<Record<string, unknown>>[];
  const gone = lines.filter(({ installed }) => installed === false);
  t.deepEqual(
    gone.map(({ name, inForce, takenOver }) => [name, inForce, takenOver]),
    [
      ['admin.vm.List', 'stock', true],
      ['qubes.Restore', 'stock', true],
      ['qubes.RestoreById', 'none', true],
    ],
  );
  const status = await rpcIn(root, ['services', 'status', 'qubes.Restore', 'qubes.WaitForSession']);
  t.is(
    status.stderr,
    'warning: qubes.Restore was taken over, and is not installed any more: disable it\n',
  );
  t.is((await rpcIn(root, ['services', 'enable', 'qubes.Restore'])).exitCode, 2);

  t.is((await rpcIn(root, ['services', 'disable', 'qubes.Restore'])).exitCode, 0);
  t.regex(await readFile(join(root, TMPFILES), 'utf8'), /^# services: admin\.vm\.List \S+ById$/m);
  // The last package has gone.
  await rm(join(root, 'usr/libexec/qubes-rpc/services'), { recursive: true });
  t.regex((await rpcIn(root, ['services'])).stderr, /^warning: admin\.vm\.List was taken over/);
  const disabled = await rpcIn(root, ['services', 'disable', '--all']);
  t.is(disabled.exitCode, 0, disabled.stderr);
  t.is(disabled.stderr, '');
  t.deepEqual(await stateOf(root), before);
});

test('what is left of a service that nobody has chosen is shown, and goes', async (t) => {
  const root = await newRoot(t);
  await mkdir(join(root, 'run/qubes-rpc'), { recursive: true });
  const link = '../../usr/libexec/qubes-rpc/services/qubes.Older';
  await symlink(link, join(root, 'run/qubes-rpc/qubes.Older'));
  t.regex((await rpcIn(root, ['services'])).stderr, /^warning: qubes\.Older was taken over/);
  await rpcIn(root, ['services', 'disable', 'qubes.Older']);
  t.deepEqual(await readdir(join(root, 'run/qubes-rpc')), []);
  t.is((await rpcIn(root, ['services'])).stderr, '');
});

asUnknown('no home is needed for what is installed (needs user namespaces)', async (t) => {
  const root = await newRoot(t);
  const rpc = (...args: string[]): Promise<RunResult> =>
    runProgram('unshare', [...UNKNOWN, join(root, 'usr/bin/qubes-rpc'), ...args], {
      env: { HOME: undefined, XDG_DATA_HOME: undefined, QUBES_RPC_ROOT: undefined },
    });
  const enabled = await rpc('services', 'enable', 'qubes.Restore', '--sysroot', root);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.is(await found(root, 'qubes.Restore'), 'run/qubes-rpc/qubes.Restore');
  t.is((await rpc('services', 'disable', '--all', '--sysroot', root)).exitCode, 0);
  t.is((await rpc('host', 'disable', '--sysroot', root)).exitCode, 0);
  t.is((await rpc('host', 'status', '--sysroot', root)).exitCode, 0);
  const homeless = await rpc('ls');
  t.is(homeless.exitCode, 6);
  t.regex(homeless.stderr, /^error: Cannot tell where the embedded system is: you have no home\n/);
});

test('what cannot be meant is refused, and so is a machine without our packages', async (t) => {
  const root = await newRoot(t);
  const unknown = await rpcIn(root, ['services', 'enable', 'qubes.Nonsense']);
  t.is(unknown.exitCode, 2);
  t.regex(unknown.stderr, /^error: No service qubes\.Nonsense of ours is installed\n/);
  t.is((await rpcIn(root, ['services', 'enable'])).exitCode, 2);
  t.is((await rpcIn(root, ['services', 'enable', '--family', 'nonsense'])).exitCode, 2);

  await rm(join(root, 'usr/libexec/qubes-rpc/services'), { recursive: true });
  const absent = await rpcIn(root, ['services']);
  t.is(absent.exitCode, 6);
  t.regex(absent.stderr, /^error: No services are installed/);
});

test('two changes at once: one is refused, or both are made', async (t) => {
  const root = await newRoot(t);
  const names = ['qubes.Restore', 'qubes.WaitForSession'];
  const runs = await Promise.all(names.map((name) => rpcIn(root, ['services', 'enable', name])));
  const made = names.filter((_, at) => runs[at]?.exitCode === 0);
  t.true(made.length > 0);
  for (const { exitCode, stderr } of runs) {
    if (exitCode !== 0) t.regex(stderr, /another qubes-rpc is doing so/);
  }
  t.deepEqual((await readdir(join(root, 'run/qubes-rpc'))).sort(), made);
  const chosen = (await readFile(join(root, TMPFILES), 'utf8')).split('\n')[1];
  t.is(chosen, `# services: ${made.join(' ')}`);
});

withTmpfiles('the next start of the machine makes the same (needs systemd-tmpfiles)', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'etc/passwd': 'root:x:0:0::/:\n', 'etc/group': 'root:x:0:\n' });
  await rpcIn(root, ['services', 'enable', 'qubes.Restore', 'admin.vm.List']);
  const before = await contentOf(join(root, 'run'));
  t.true(Object.keys(before).length === 4);
  await rm(join(root, 'run'), { recursive: true });
  await mkdir(join(root, 'run'));
  // A link that an older version has made is in the way of nothing.
  await mkdir(join(root, 'run/qubes-rpc'));
  await writeFile(join(root, 'run/qubes-rpc/qubes.Restore'), '');
  const made = await runProgram(tmpfiles ?? '', [
    '--create',
    `--root=${root}`,
    join(root, TMPFILES),
  ]);
  t.is(made.exitCode, 0, made.stderr);
  t.deepEqual(await contentOf(join(root, 'run')), before);
  t.is(
    await readlink(join(root, 'run/qubes-rpc/admin.vm.List')),
    '../../usr/libexec/qubes-rpc/services/admin.vm.List',
  );
});
