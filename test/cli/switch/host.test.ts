import { mkdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { findProgram } from '../../../lib/base/program.ts';
import { startService } from '../../../lib/qrexec/start-service.ts';
import { makeSystem, spawnHost, untilItAnswers } from '../../support/embedded-system.ts';
import { contentOf, installInto, makeFiles, rpcIn } from '../../support/installed-root.ts';
import { answerOf } from '../../support/qrexec-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { runProgram } from '../../support/run-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Where systemd is not installed its units cannot be switched; the skips are counted. */
const hasSystemctl = (await findProgram('systemctl')) !== undefined;
const withSystemctl = hasSystemctl ? test : test.skip;

const PRELOAD = 'qubes-preload-dispvm.service';
const WANTS = 'etc/systemd/system/sockets.target.wants';
const SOCKETS = ['qubes-rpcd.socket', 'qubes-rpcd-internal.socket', 'qubes-rpcd-misc.socket'];

/** What there is of Qubes OS: its daemon, started with the machine, its store, a service. */
async function newRoot(t: ExecutionContext, store = sessionStore('start')): Promise<string> {
  const root = await temporaryFolder(t);
  await installInto(root);
  const unit = '[Service]\nExecStart=/usr/bin/qubesd\n[Install]\nWantedBy=multi-user.target\n';
  await makeFiles(root, {
    'usr/lib/systemd/system/qubesd.service': unit,
    [`usr/lib/systemd/system/${PRELOAD}`]: unit.replace('qubesd', 'false'),
    'var/lib/qubes/qubes.xml': store,
  });
  await makeFiles(root, { 'etc/qubes-rpc/admin.vm.List': '#!/bin/sh\n' }, 0o755);
  if (hasSystemctl) {
    await runProgram('systemctl', [`--root=${root}`, 'enable', 'qubesd.service', PRELOAD]);
  }
  return root;
}

/** The same, where a person has turned the daemon off. */
async function newRootWithoutQubesd(t: ExecutionContext): Promise<string> {
  const root = await newRoot(t);
  await runProgram('systemctl', [`--root=${root}`, 'disable', 'qubesd.service']);
  return root;
}

const qubesd = (root: string): Promise<string> =>
  readlink(join(root, 'etc/systemd/system/qubesd.service'));

withSystemctl(
  'enabled, the calls of the host are its sockets; disabled, all is as before',
  async (t) => {
    const root = await newRootWithoutQubesd(t);
    await rpcIn(root, ['services', 'enable', 'admin.vm.List', 'qubes.Restore']);
    const before = await contentOf(root);

    const enabled = await rpcIn(root, ['host', 'enable']);
    t.is(enabled.exitCode, 0, enabled.stderr);
    t.regex(enabled.stderr, /^warning: The host has no way to Xen: .* starts no qubes$/m);
    for (const unit of SOCKETS) {
      t.is(await readlink(join(root, WANTS, unit)), `/usr/lib/systemd/system/${unit}`);
    }
    const entry = (name: string): Promise<string> => readlink(join(root, 'run/qubes-rpc', name));
    t.is(await entry('admin.vm.List'), '../qubes-rpcd/qubesd.sock');
    t.is(await entry('admin.vm.Start'), '../qubes-rpcd/qubesd.sock');
    t.is(await entry('qubes.NotifyTools'), '../qubes-rpcd/qubesd.misc.sock');
    t.is(await entry('qubes.Restore'), '../../usr/libexec/qubes-rpc/services/qubes.Restore');
    const config = join(root, 'run/qubes/rpc-config/admin.vm.List');
    t.regex(await readFile(config, 'utf8'), /^exit-on-service-eof=true$/m);
    await t.throwsAsync(qubesd(root), undefined, 'qubesd is not masked unless that is said');

    const again = await contentOf(root);
    t.is((await rpcIn(root, ['host', 'enable'])).exitCode, 0);
    t.deepEqual(await contentOf(root), again);

    const disabled = await rpcIn(root, ['host', 'disable']);
    t.is(disabled.exitCode, 0, disabled.stderr);
    t.deepEqual(await contentOf(root), before);
    t.is(await entry('admin.vm.List'), '../../usr/libexec/qubes-rpc/services/admin.vm.List');
    t.is((await rpcIn(root, ['host', 'disable'])).stderr, 'The host was not enabled.\n');
  },
);

withSystemctl('qubesd is masked for the host, found in its place, and brought back', async (t) => {
  const root = await newRoot(t);
  const before = await contentOf(root);
  const enabled = await rpcIn(root, ['host', 'enable', '--replace-qubesd']);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.is(await qubesd(root), '/dev/null');
  const dropIn = join(root, 'etc/systemd/system/qubes-rpcd.socket.d/50-in-place-of-qubesd.conf');
  t.regex(await readFile(dropIn, 'utf8'), /^Symlinks="\/run\/qubesd\.sock"$/m);
  const status = await rpcIn(root, ['host', 'status', '--json'], { QUBES_RPC_ROOT: '' });
  t.deepEqual(status.json(), [
    {
      type: 'unit',
      unit: 'qubes-rpcd.service',
      enabled: true,
      running: false,
      root: '/var/lib/qubes',
      replacesQubesd: true,
      replacedUnits: [PRELOAD],
    },
  ]);
  const disabled = await rpcIn(root, ['host', 'disable']);
  t.is(disabled.exitCode, 0, disabled.stderr);
  t.deepEqual(await contentOf(root), before);
});

/** What systemd would start of a unit, which is not there, and whether it does so with the machine. */
async function unitIn(
  root: string,
  unit: string,
): Promise<readonly [start: string, state: string]> {
  const at = `--root=${root}`;
  const verify = ['verify', '--man=no', '--recursive-errors=no', at, unit];
  const { stderr } = await runProgram('systemd-analyze', verify);
  const [, start = ''] = /: Command (\S+) is not executable/.exec(stderr) ?? [];
  return [start, (await runProgram('systemctl', [at, 'is-enabled', unit])).text.trim()];
}

withSystemctl(
  'with the host our unit that preloads is in force, in place of stock’s',
  async (t) => {
    const root = await newRootWithoutQubesd(t);
    const ours = '/usr/libexec/qubes-rpc/preload-dispvm';
    await rm(join(root, ours));
    t.deepEqual(await unitIn(root, PRELOAD), ['/usr/bin/false', 'enabled']);
    await rpcIn(root, ['host', 'enable']);
    t.deepEqual(await unitIn(root, PRELOAD), [ours, 'enabled']);
    t.regex(
      (await rpcIn(root, ['host', 'status'], { QUBES_RPC_ROOT: '' })).text,
      /^unit {5}qubes-p/m,
    );
    await rpcIn(root, ['host', 'disable']);
    t.deepEqual(await unitIn(root, PRELOAD), ['/usr/bin/false', 'enabled']);
  },
);

withSystemctl('what a person has put before that unit stays', async (t) => {
  const root = await newRootWithoutQubesd(t);
  await runProgram('systemctl', [`--root=${root}`, 'mask', PRELOAD]);
  const before = await contentOf(root);
  const { exitCode, stderr } = await rpcIn(root, ['host', 'enable']);
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /^warning: qubes-preload-dispvm\.service stays as it is: \S+ is not ours$/m);
  t.is(await readlink(join(root, 'etc/systemd/system', PRELOAD)), '/dev/null');
  await rpcIn(root, ['host', 'disable']);
  t.deepEqual(await contentOf(root), before);
});

withSystemctl('a link to the system of Qubes OS is that system', async (t) => {
  const root = await newRootWithoutQubesd(t);
  await mkdir(join(root, 'srv'));
  await symlink('../var/lib/qubes', join(root, 'srv/linked'));
  const enabled = await rpcIn(root, ['host', 'enable', '--root', '/srv/linked']);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.regex(enabled.stderr, /^warning: The host has no way to Xen: /m);
  const status = await rpcIn(root, ['host', 'status'], { QUBES_RPC_ROOT: '' });
  t.regex(status.text, /^system {3}\/var\/lib\/qubes$/m);
  t.is((await rpcIn(root, ['host', 'enable'])).exitCode, 0, 'it is the same');
});

test('what a link leads to is looked at, not the link', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'home/user/qubes/qubes.xml': sessionStore('start') });
  await mkdir(join(root, 'srv'));
  await symlink('../home/user/qubes', join(root, 'srv/linked'));
  await symlink('/etc', join(root, 'srv/outside'));
  const hidden = await rpcIn(root, ['host', 'enable', '--root', '/srv/linked']);
  t.is(hidden.exitCode, 2);
  t.regex(hidden.stderr, /as a unit it sees nothing of \/home/);
  const outside = await rpcIn(root, ['host', 'enable', '--root', '/srv/outside']);
  t.is(outside.exitCode, 2);
  t.regex(outside.stderr, /^error: Cannot use the folder \/srv\/outside: it leads out of /);
});

test('it refuses while qubesd listens, and says who that is', async (t) => {
  const root = await newRoot(t);
  const path = join(root, 'run/qubesd.sock');
  await mkdir(join(root, 'run'));
  const daemon = createServer();
  await new Promise<void>((resolve) => daemon.listen(path, resolve));
  t.teardown(() => void daemon.close());
  const before = await contentOf(root);
  const refused = await rpcIn(root, ['host', 'enable']);
  t.is(refused.exitCode, 6);
  t.regex(
    refused.stderr,
    new RegExp(
      `^error: Cannot enable the host: process ${process.pid} \\(.+\\) listens on ${path}\n`,
    ),
  );
  t.regex(refused.stderr, /With --replace-qubesd, qubesd is stopped and masked\./);
  t.deepEqual(await contentOf(root), before);
});

withSystemctl('it refuses where qubesd would come with the next start', async (t) => {
  const root = await newRoot(t);
  const before = await contentOf(root);
  const refused = await rpcIn(root, ['host', 'enable']);
  t.is(refused.exitCode, 6);
  t.regex(
    refused.stderr,
    /^error: Cannot enable the host: qubesd\.service starts with the machine, and has the store then\n/,
  );
  t.deepEqual(await contentOf(root), before);
});

withSystemctl('a daemon that does not go with qubesd is not replaced', async (t) => {
  const root = await newRoot(t);
  await mkdir(join(root, 'run'));
  const daemon = createServer();
  await new Promise<void>((resolve) => daemon.listen(join(root, 'run/qubesd.sock'), resolve));
  t.teardown(() => void daemon.close());
  const before = await contentOf(root);
  const refused = await rpcIn(root, ['host', 'enable', '--replace-qubesd']);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /It is not ended by stopping qubesd: end it first\./);
  t.deepEqual(await contentOf(root), before);
});

test('it refuses while another host has the store', async (t) => {
  const root = await newRoot(t);
  const store = join(root, 'var/lib/qubes');
  const sockets = await temporaryFolder(t);
  const host = await spawnHost(['--root', store, '--listen', sockets]);
  t.teardown(() => host.kill('SIGKILL'));
  await untilItAnswers(join(sockets, 'qubesd.sock'));
  const refused = await rpcIn(root, ['host', 'enable']);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, new RegExp(`process ${host.pid} \\(.*\\) has it open`));
  host.kill('SIGTERM');
  await host.finished;
});

test('it refuses while qubes of Xen run, and names them', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'run/qubes/qubesdb.work.sock': '', 'run/qubes/qubesdb.dom0.sock': '' });
  const before = await contentOf(root);
  const refused = await rpcIn(root, ['host', 'enable', '--replace-qubesd']);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /^error: Cannot enable the host while qubes of Xen run: work\n/);
  t.deepEqual(await contentOf(root), before);
});

test('a store that cannot be understood is left to qubesd', async (t) => {
  const root = await newRoot(t, '<qubes><domains><domain class="AppVM"/></domains></qubes>');
  const before = await contentOf(root);
  t.is((await rpcIn(root, ['host', 'enable', '--replace-qubesd'])).exitCode, 5);
  t.deepEqual(await contentOf(root), before);
});

test('a store that cannot be saved is left to qubesd', async (t) => {
  // Without its indentation it is shorter than what the host writes: there is room for it alone.
  const store = sessionStore('start').replaceAll(/>\s+</g, '><');
  const root = await newRoot(t, store);
  const before = await contentOf(root);
  const program = join(root, 'usr/bin/qubes-rpc');
  const refused = await runProgram('prlimit', [
    `--fsize=${Buffer.byteLength(store)}`,
    program,
    ...['host', 'enable', '--replace-qubesd', '--sysroot', root],
  ]);
  t.is(refused.exitCode, 6, refused.stderr);
  t.regex(refused.stderr, /^error: Cannot go on with the store in \S+: Cannot save qubes\.xml/);
  t.deepEqual(await contentOf(root), before);
});

withSystemctl('a system of one’s own is served where it is', async (t) => {
  const root = await newRoot(t);
  await makeFiles(root, { 'srv/my 100% qubes/qubes.xml': sessionStore('start') });
  const place = '/srv/my 100% qubes/';
  const enabled = await rpcIn(root, ['host', 'enable', '--root', place]);
  t.is(enabled.exitCode, 0, enabled.stderr);
  t.is(enabled.stderr, 'The host is enabled.\n');
  const dropIn = join(root, 'etc/systemd/system/qubes-rpcd.service.d/50-system.conf');
  t.is(
    (await readFile(dropIn, 'utf8')).split('\n').slice(1).join('\n'),
    [
      '[Service]',
      'Environment="QUBES_RPC_ROOT=/srv/my 100%% qubes"',
      'ReadWritePaths="-/srv/my 100%% qubes"',
      'ReadWritePaths="-/var/lib/qubes"',
      'ReadWritePaths="-/var/lib/qubes/vm-kernels"',
      '',
    ].join('\n'),
  );
  const other = await rpcIn(root, ['host', 'enable']);
  t.is(other.exitCode, 6);
  t.regex(
    other.stderr,
    /^error: Cannot enable the host for \/var\/lib\/qubes: it is for \/srv\/my/,
  );
  for (const unusable of ['/home/user/qubes', '/srv/a"b', '/srv/a\nb']) {
    t.is((await rpcIn(root, ['host', 'enable', '--root', unusable])).exitCode, 2);
  }
});

test('without our units there is nothing to enable', async (t) => {
  const root = await temporaryFolder(t);
  await makeFiles(root, { 'var/lib/qubes/qubes.xml': sessionStore('start') });
  const program = join(await newRoot(t), 'usr/bin/qubes-rpc');
  const refused = await runProgram(program, ['host', 'enable', '--sysroot', root]);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /Install qubes-rpc-dom0\./);
});

withSystemctl('both states of a call of the host are answered through qrexec', async (t) => {
  const root = await newRoot(t);
  const system = join(root, 'srv/qubes');
  await makeSystem(system, sessionStore('start'));
  const folders = (ending: string): string[] =>
    ['run', 'usr/local/etc', 'etc'].map((folder) => join(root, folder, ending));
  const cwd = await temporaryFolder(t);
  const list = async (): Promise<string> => {
    const place = {
      services: folders('qubes-rpc'),
      configs: [join(root, 'run/qubes/rpc-config'), join(root, 'etc/qubes/rpc-config')],
      cwd,
      umask: 0o077,
      env: { PATH: process.env['PATH'] ?? '', QUBES_RPC_ROOT: system },
      log: 2,
    };
    const call = {
      service: 'admin.vm.List',
      argument: '',
      source: 'dom0',
      requestedTarget: 'work',
    };
    return answerOf(await startService(call, place, { signal: new AbortController().signal }));
  };
  await mkdir(join(root, 'run'), { recursive: true });
  const host = await spawnHost(['--root', system, '--listen', join(root, 'run/qubes-rpcd')]);
  t.teardown(() => host.kill('SIGKILL'));
  await untilItAnswers(join(root, 'run/qubes-rpcd/qubesd.sock'));
  const answer = /^0\0work class=AppVM state=Halted uuid=[0-9a-f-]{36}\n$/;

  // As a socket: nothing is said of where the host is.
  await makeFiles(root, { 'etc/tmpfiles.d/qubes-rpc.conf': '# services:\n# host: enabled\n' });
  await rpcIn(root, ['services', 'enable', 'admin.vm.List']);
  t.true((await stat(join(root, 'run/qubes-rpc/admin.vm.List'))).isSocket());
  t.regex(await list(), answer);

  // As an executable: it goes to the host of the system that it is told.
  await makeFiles(root, { 'etc/tmpfiles.d/qubes-rpc.conf': '# services: admin.vm.List\n' });
  await rpcIn(root, ['services', 'enable', 'admin.vm.List']);
  t.true((await stat(join(root, 'run/qubes-rpc/admin.vm.List'))).isFile());
  await mkdir(join(system, 'run'), { recursive: true });
  // As `Symlinks=` of the units.
  await symlink(join(root, 'run/qubes-rpcd/qubesd.sock'), join(system, 'run/qubesd.sock'));
  t.regex(await list(), answer);
  host.kill('SIGTERM');
  await host.finished;
});
