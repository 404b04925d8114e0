// Volumes, pools, rules and power, against a daemon that answers as the reference does.
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { ServiceExecutables } from '../../lib/admin/service-executables.ts';
import { connectToDaemon, SocketTransport } from '../../lib/admin/socket-transport.ts';
import { PermissionDenied, QubesException } from '../../lib/base/admin-error.ts';
import { CancelledError, NeedsError, UsageError } from '../../lib/base/errors.ts';
import { startRecordedDaemon } from '../support/recorded-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WORK = 'dom0 name work\0';
const DOM0 = 'dom0 name dom0\0';
const INFO =
  'pool=varlibqubes\nvid=appvms/work/private\nsize=2147483648\nusage=0\nrw=True\nsource=\n' +
  'path=/var/lib/qubes/appvms/work/private-dirty.img\nsave_on_stop=True\nsnap_on_start=False\n' +
  'revisions_to_keep=-1\nephemeral=False\nis_outdated=False\n';

async function recorded(t: ExecutionContext, replies: Readonly<Record<string, string>>) {
  const { path, requests } = await startRecordedDaemon(t, replies);
  const transport = new SocketTransport(() => connectToDaemon(path));
  return { requests, client: new AdminClient(new AdminCalls(transport)) };
}

test('a volume is read as the reference tells of it', async (t) => {
  const { client } = await recorded(t, {
    [`admin.vm.volume.List+ ${WORK}`]: '0\0private\n',
    [`admin.vm.volume.Info+private ${WORK}`]: `0\0${INFO}new=fact\n`,
    [`admin.vm.volume.ListSnapshots+private ${WORK}`]: '0\x001\n2\n',
    [`admin.vm.volume.Info+root ${WORK}`]: '0\0size=much\n',
    [`admin.vm.volume.Info+nosuch ${WORK}`]: "2\0PermissionDenied\0\0Argument not in 'x'\0",
  });
  const { volumes } = client.qube('work');
  t.deepEqual(Object.fromEntries(await volumes.getAll()), {
    private: {
      ...{ pool: 'varlibqubes', vid: 'appvms/work/private', size: 2147483648, usage: 0, rw: true },
      ...{ source: '', path: '/var/lib/qubes/appvms/work/private-dirty.img', saveOnStop: true },
      ...{ snapOnStart: false, revisionsToKeep: -1, ephemeral: false, outdated: false },
    },
  });
  t.deepEqual(await volumes.revisions('private'), ['1', '2']);
  await t.throwsAsync(volumes.info('root'), { instanceOf: NeedsError });
  await t.throwsAsync(volumes.info('nosuch'), { instanceOf: PermissionDenied });
});

test('calls go out as the reference got them', async (t) => {
  const token = '9KUEk7w618hZzQprHKsWo5mQ5Cym4zca';
  const expected = [
    `admin.vm.volume.Resize+private ${WORK}3221225472`,
    `admin.vm.volume.Revert+private ${WORK}2`,
    `admin.vm.volume.Set.revisions_to_keep+private ${WORK}-1`,
    `admin.vm.volume.CloneFrom+root ${WORK}`,
    `admin.vm.volume.CloneTo+private ${WORK}${token}`,
    `admin.vm.volume.Clear+private ${WORK}`,
    `admin.pool.Add+file-reflink ${DOM0}name=pp\ndir_path=/x\nsetup_check=False\n`,
    `admin.pool.Set.revisions_to_keep+pp ${DOM0}2`,
    `admin.pool.Remove+pp ${DOM0}`,
    `admin.vm.firewall.Set+ ${WORK}action=accept dst4=1.2.3.4/32\naction=drop comment=a b\n`,
    `admin.vm.firewall.Reload+ ${WORK}`,
    `admin.vm.device.block.Detach+sys-net+sda++None ${WORK}`,
    `admin.vm.device.denied.Add+ ${WORK}b******u03****`,
    `admin.vm.device.denied.Remove+ ${WORK}all`,
    `admin.vm.Start+ ${WORK}`,
    `admin.vm.Shutdown+ ${WORK}`,
    `admin.vm.Shutdown+force+wait ${WORK}`,
    `admin.vm.Kill+ ${WORK}`,
  ];
  const replies = expected.map((request) => [request, '0\0'] as const);
  const { client, requests } = await recorded(t, {
    ...Object.fromEntries(replies),
    [`admin.vm.volume.CloneFrom+root ${WORK}`]: `0\0${token}`,
  });
  const work = client.qube('work');
  await work.volumes.resize('private', 3 * 1024 ** 3);
  await work.volumes.revert('private', '2');
  await work.volumes.set('private', 'revisions_to_keep', '-1');
  await work.volumes.cloneFrom('private', work.volumes, 'root');
  await work.volumes.clear('private');
  const options = new Map([
    ['dir_path', '/x'],
    ['setup_check', 'False'],
  ]);
  await client.pools.add('pp', 'file-reflink', options);
  await client.pools.set('pp', 'revisions_to_keep', '2');
  await client.pools.remove('pp');
  await work.firewall.setRules([
    new Map([
      ['action', 'accept'],
      ['dst4', '1.2.3.4/32'],
    ]),
    new Map([
      ['comment', 'a b'],
      ['action', 'drop'],
    ]),
  ]);
  await work.firewall.reload();
  await work.devices('block').detach({ backend: 'sys-net', port: 'sda', id: ':None' });
  await work.denied.add(['b******', 'u03****']);
  await work.denied.remove(undefined);
  await work.start();
  await work.shutdown({ force: false, wait: false });
  await work.shutdown({ force: true, wait: true });
  await work.kill();
  t.deepEqual(requests, expected);
  await t.throwsAsync(client.pools.add('pp', 'file', new Map([['dir_path', '/x\nname=y']])), {
    instanceOf: UsageError,
  });
});

test('rules and pools are read, comments with all that is in them', async (t) => {
  const { client } = await recorded(t, {
    [`admin.vm.firewall.Get+ ${WORK}`]:
      '0\0action=accept dst4=1.2.3.4/32 comment=a action=b c\naction=drop\n',
    [`admin.pool.Info+p ${DOM0}`]: '0\0dir_path=/a=b\ndriver=file\nname=p\nsize=1\n',
    [`admin.pool.ListDrivers+ ${DOM0}`]: '0\0file revisions_to_keep dir_path\nlvm_thin\n',
    [`admin.vm.firewall.Get+ dom0 name odd\0`]: '0\0nonsense\n',
  });
  t.deepEqual((await client.qube('work').firewall.rules()).map(Object.fromEntries), [
    { action: 'accept', dst4: '1.2.3.4/32', comment: 'a action=b c' },
    { action: 'drop' },
  ]);
  await t.throwsAsync(client.qube('odd').firewall.rules(), { instanceOf: NeedsError });
  t.is((await client.pools.info('p')).get('dir_path'), '/a=b');
  t.deepEqual(await client.pools.drivers(), [
    { name: 'file', options: ['revisions_to_keep', 'dir_path'] },
    { name: 'lvm_thin', options: [] },
  ]);
});

/** A client whose imports are served by `script`, as an executable. */
async function withService(t: ExecutionContext, script: string, signal?: AbortSignal) {
  const folder = await temporaryFolder(t);
  const service = join(folder, 'admin.vm.volume.ImportWithSize');
  await writeFile(service, `#!${process.execPath}\n${script}`);
  await chmod(service, 0o755);
  const place = { folders: ['/nosuch', folder], env: { QUBES_RPC_ROOT: '/x' }, asRoot: false };
  const transport = new SocketTransport(
    () => Promise.reject(new Error('no call goes to the socket')),
    new ServiceExecutables(place),
  );
  const client = new AdminClient(new AdminCalls(transport, signal));
  return { folder, volumes: client.qube('work').volumes };
}

async function* blocks(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield Buffer.from(text);
}

test('an import goes to the executable of the service, size first', async (t) => {
  const { folder, volumes } = await withService(
    t,
    `const fs = require('node:fs');
     const { env, argv } = process;
     fs.writeFileSync(__dirname + '/seen', [fs.readFileSync(0, 'utf8'), argv[2],
       env.QUBES_RPC_ROOT, env.QREXEC_REMOTE_DOMAIN, env.QREXEC_REQUESTED_TARGET].join('|'));
     fs.writeSync(1, '0\\0');`,
  );
  await volumes.import('private', blocks('abc', 'def'), 6);
  t.is(await readFile(join(folder, 'seen'), 'utf8'), '6\nabcdef|private|/x|dom0|work');
  await t.throwsAsync(volumes.import('private', blocks('abc'), undefined), {
    instanceOf: NeedsError,
    message: /admin.vm.volume.Import is not installed/,
  });
});

test('a refusal comes through, also when the data are not read', async (t) => {
  const { volumes } = await withService(
    t,
    "require('node:fs').writeSync(1, '2\\0QubesException\\0\\0no room\\0'); process.exit(1)",
  );
  await t.throwsAsync(volumes.import('private', blocks('x'.repeat(1_000_000), 'y'), 1_000_001), {
    instanceOf: QubesException,
    message: 'no room',
  });
  const silent = await withService(t, "console.error('broke'); process.exit(3)");
  await t.throwsAsync(silent.volumes.import('private', blocks('x'), 1), {
    instanceOf: NeedsError,
    message: /ended with 3 and no answer: broke/,
  });
});

test('where the data fail, or the person gives up, the service sees no end of them', async (t) => {
  const script = `
    const fs = require('node:fs');
    process.stdin.on('end', () => fs.writeFileSync(__dirname + '/ended', ''));
    process.stdin.on('data', () => fs.writeFileSync(__dirname + '/begun', ''));
    setInterval(() => 0, 1000);`;
  const broken = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* blocks('abc');
    throw new UsageError('The source broke');
  };
  const failing = await withService(t, script);
  await t.throwsAsync(failing.volumes.import('private', broken(), 6), { message: /source broke/ });
  t.false(existsSync(join(failing.folder, 'ended')));

  const controller = new AbortController();
  const given = await withService(t, script, controller.signal);
  const endless = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* blocks('abc');
    while (!existsSync(join(given.folder, 'begun'))) await new Promise((go) => setTimeout(go, 10));
    controller.abort(new CancelledError('Enough'));
    await new Promise(() => undefined);
  };
  await t.throwsAsync(given.volumes.import('private', endless(), 6), { message: 'Enough' });
  t.false(existsSync(join(given.folder, 'ended')));
});

test('a socket of which nobody knows the executables takes no stream', async (t) => {
  const { client } = await recorded(t, {});
  await t.throwsAsync(client.qube('work').volumes.import('private', blocks('x'), 1), {
    instanceOf: UsageError,
  });
});
