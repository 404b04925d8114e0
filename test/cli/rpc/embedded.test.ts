// The program as it is installed, on embedded systems with the real host.
import { readdir, readFile, readlink, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { type RpcLine, rpcLine } from '../../../lib/base/rpc-report.ts';
import { encodeCommand } from '../../../lib/qrexec/command-argument.ts';
import { runProgram, type RunOptions, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Run = (line: string, options?: RunOptions) => Promise<RunResult>;

/** A folder for a system, not made yet, and qubes-rpc on it. */
async function place(t: ExecutionContext): Promise<{ root: string; run: Run }> {
  const root = join(await temporaryFolder(t), 'system');
  const program = join(await builtFolder(), 'bin', 'qubes-rpc');
  const run: Run = (line, options = {}) =>
    runProgram(program, line.split(' '), { env: { QUBES_RPC_ROOT: root }, ...options });
  t.teardown(() => run('host stop').then(() => undefined));
  return { root, run };
}

function lines(ran: RunResult): RpcLine[] {
  return ran.json().map((line) => rpcLine.parse(line));
}

/** The line `type` that a command writes with --json. */
async function line<Type extends RpcLine['type']>(
  run: Run,
  command: string,
  type: Type,
): Promise<Extract<RpcLine, { type: Type }>> {
  const ran = await run(`${command} --json`);
  const found = lines(ran).find(
    (one): one is Extract<RpcLine, { type: Type }> => one.type === type,
  );
  if (found === undefined) throw new Error(`${command}: ${ran.text}${ran.stderr}`);
  return found;
}

test.before(async () => {
  await builtFolder();
});

test.serial('init --sample makes a system, and every command works on it', async (t) => {
  const { root, run } = await place(t);
  const made = await run('init --sample');
  t.is(made.exitCode, 0, made.stderr);
  t.is(
    (await run('ls')).text,
    [
      'dom0\tAdminVM\tRunning\tblack\t-\t-',
      'default-dvm\tAppVM\tHalted\tred\tfedora-41\tsys-firewall',
      'fedora-41\tTemplateVM\tHalted\tblack\t-\t-',
      'personal\tAppVM\tHalted\tyellow\tfedora-41\tsys-firewall',
      'sys-firewall\tAppVM\tHalted\tgreen\tfedora-41\tsys-net',
      'sys-net\tAppVM\tHalted\tred\tfedora-41\t-',
      'untrusted\tAppVM\tHalted\tred\tfedora-41\tsys-firewall',
      'vault\tAppVM\tHalted\tblack\tfedora-41\t-',
      'work\tAppVM\tHalted\tblue\tfedora-41\tsys-firewall',
      '',
    ].join('\n'),
  );
  for (const command of [
    ...['create bank -l green --prop netvm= --prop memory=500', 'prefs bank maxmem 3000'],
    ...['prefs bank maxmem --reset', 'features bank service.cups 1', 'tags bank add a b'],
    ...['tags bank del a', 'labels create pink 0xff00ff', 'prefs bank label pink'],
    ...[
      'prefs --system default_dispvm --reset',
      'create other -t fedora-41 -P private=varlibqubes',
    ],
  ]) {
    const ran = await run(command);
    t.is(ran.exitCode, 0, `${command}: ${ran.stderr}`);
  }
  const notes = await run('notes bank --set -', { input: 'zażółć\n' });
  t.is(notes.exitCode, 0, notes.stderr);
  t.is((await run('notes bank')).text, 'zażółć\n');
  const bank = await line(run, 'ls bank', 'qube');
  t.like(bank.properties, {
    memory: { value: '500', valueType: 'int', default: false },
    netvm: { value: '', valueType: 'vm', default: false },
    label: { value: 'pink', valueType: 'label', default: false },
  });
  t.true(bank.properties['maxmem']?.default);
  t.deepEqual(bank.features, { 'service.cups': '1' });
  t.true(
    bank.tags.includes('b') && bank.tags.includes('created-by-dom0') && !bank.tags.includes('a'),
  );
  const store = await readFile(join(root, 'qubes.xml'), 'utf8');
  t.regex(store, /<property name="memory">500</);
  t.true((await stat(join(root, 'appvms', 'bank'))).isDirectory());

  t.is((await run('notes bank --delete')).exitCode, 0);
  t.is((await run('notes bank')).text, '');
  t.is((await run('remove bank other -y')).exitCode, 0);
  t.is((await run('labels remove pink')).exitCode, 0);
  t.deepEqual((await readdir(join(root, 'appvms'))).includes('bank'), false);
  t.false((await readFile(join(root, 'qubes.xml'), 'utf8')).includes('bank'));
});

test.serial('what the host refuses is told in its words, and changes nothing', async (t) => {
  const { root, run } = await place(t);
  await run('init --sample');
  const before = await readFile(join(root, 'qubes.xml'), 'utf8');
  for (const [command, name] of [
    ['remove fedora-41 -y', 'QubesVMInUseError'],
    ['create work', 'QubesVMAlreadyExistsError'],
    ['create 9bad', 'QubesValueError'],
    ['create new -t nosuch', 'QubesVMNotFoundError'],
    ['create new -l nosuch', 'QubesLabelNotFoundError'],
    ['create new -P nosuch', 'QubesException'],
    ['create new --prop memory=-1', 'QubesPropertyValueError'],
    ['create new --prop nosuch=1', 'QubesNoSuchPropertyError'],
    ['prefs work netvm vault', 'QubesValueError'],
    ['features work nosuch', 'QubesFeatureNotFoundError'],
    ['tags work add a.b', 'QubesInvalidTagError'],
    ['tags work del nosuch', 'QubesTagNotFoundError'],
    ['labels remove red', 'ProtocolError'],
    ['ls nosuch', 'QubesVMNotFoundError'],
    ['notes dom0', 'ProtocolError'],
    ['call admin.nope', 'ProtocolError'],
  ] as const) {
    const ran = await run(`${command} --json`);
    t.is(ran.exitCode, 7, `${command}: ${ran.text}`);
    t.like(lines(ran).at(-1), { type: 'error', code: 'refused', wireName: name }, command);
  }
  // Uuids are made anew with each qube, and none was.
  t.is(await readFile(join(root, 'qubes.xml'), 'utf8'), before);
  t.false((await readdir(join(root, 'appvms'))).includes('new'));
});

test.serial('the host is started when it is needed, told of, and stopped', async (t) => {
  const { root, run } = await place(t);
  await run('init');
  t.deepEqual(await line(run, 'host status', 'host'), {
    ...{ type: 'host', root, running: false, sockets: [] },
  });
  t.is((await run('host status')).text, `${root}: not running\n`);
  t.is((await run('ls')).exitCode, 0);
  const running = await line(run, 'host status', 'host');
  t.like(running, { root, running: true, qubes: 1 });
  t.deepEqual(
    running.sockets,
    ['qubesd', 'qubesd.internal', 'qubesd.misc'].map((name) => join(root, 'run', `${name}.sock`)),
  );
  t.true((running.seconds ?? 1000) < 60);
  t.is((await run('host status')).exitCode, 0);

  t.is((await run('host stop')).exitCode, 0);
  t.throws(() => process.kill(running.pid ?? 0, 0), { code: 'ESRCH' });
  t.false((await line(run, 'host status', 'host')).running);
  const again = await run('host stop');
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stderr, /No host runs/);
});

test.serial('init refuses a folder that has a system, and says how to make one', async (t) => {
  const { root, run } = await place(t);
  const none = await run('ls');
  t.is(none.exitCode, 6);
  t.regex(none.stderr, /no system in .*\n {2}Make one with qubes-rpc init/);
  await run('init');
  const before = await readFile(join(root, 'qubes.xml'));
  const twice = await run('init --sample');
  t.is(twice.exitCode, 6);
  t.regex(twice.stderr, /there is one already/);
  t.deepEqual(await readFile(join(root, 'qubes.xml')), before);
  const nowhere = await run('init --root /proc/none/such');
  t.is(nowhere.exitCode, 6, nowhere.text);
});

test.serial('init --from takes over the qubes of a store', async (t) => {
  const { root, run } = await place(t);
  const from = new URL('../../fixtures/xml/store.qubes.xml', import.meta.url).pathname;
  const made = await run(`init --from ${from}`);
  t.is(made.exitCode, 0, made.stderr);
  const ran = await run('ls -o NAME,CLASS');
  t.is(ran.exitCode, 0, ran.stderr);
  t.true(ran.text.split('\n').length > 5);
  t.regex(await readFile(join(root, 'qubes.xml'), 'utf8'), new RegExp(`dir_path="${root}"`));
  const bad = await place(t);
  await writeFile(`${bad.root}.xml`, 'no store');
  const refused = await bad.run(`init --from ${bad.root}.xml`);
  t.is(refused.exitCode, 5, refused.stderr);
  const absent = await bad.run(`init --from ${bad.root}.absent`);
  t.is(absent.exitCode, 6, absent.stderr);
});

test.serial('the services of the installation are there to be called', async (t) => {
  const { root, run } = await place(t);
  await run('init --sample');
  // Those that are no programs are the host's, which does not have to run yet.
  t.is(
    await readlink(join(root, 'qubes-rpc', 'admin.vm.tag.List')),
    join('..', 'run', 'qubesd.sock'),
  );
  const ran = await run('run dom0 admin.label.List', { input: '' });
  t.regex(ran.text, /^0\0red\norange\n/);
  const program = await realpath(join(root, 'qubes-rpc', 'admin.vm.volume.Import'));
  t.is(basename(program), 'admin.vm.volume.Import.cjs');
});

test.serial('raw calls find the socket that serves them', async (t) => {
  const { run } = await place(t);
  await run('init --sample');
  t.is((await run('call admin.vm.property.Get+memory work')).text, 'default=True type=int 400');
  const info: unknown = JSON.parse((await run('call internal.GetSystemInfo')).text);
  t.like(info, { domains: { work: { type: 'AppVM', template_for_dispvms: false } } });
  t.is((await run('call admin.vm.feature.Set+x work', { input: 'y' })).exitCode, 0);
  t.is((await run('features work x')).text, 'y\n');
});

test.serial('from inside a qube, what the caller may see', async (t) => {
  const { root, run } = await place(t);
  await run('init --sample');
  const rules = [
    'admin.vm.Describe *   work  @adminvm  allow',
    'admin.vm.List     *   work  work      allow target=dom0',
    'admin.vm.tag.Set  +t  work  work      allow target=dom0',
  ];
  await writeFile(join(root, 'policy.d', '30-user.policy'), `${rules.join('\n')}\n`);
  const inWork = (line: string) =>
    run(`run work qubes.VMExec+${encodeCommand(['qubes-rpc', ...line.split(' '), '--qrexec'])}`);
  const seen = await inWork('ls -o NAME');
  t.is(seen.text, 'work\n', seen.stderr);
  t.is((await inWork('tags work add t')).exitCode, 0);
  t.is((await inWork('tags work add other')).exitCode, 7);
  t.true((await run('tags work')).text.includes('t\n'));
});

test.serial('events tell of changes as they happen', async (t) => {
  const { root, run } = await place(t);
  await run('init --sample');
  const child = execa(join(await builtFolder(), 'bin', 'qubes-rpc'), ['events', 'work', '--json'], {
    ...{ reject: false, timeout: 20_000 },
    env: { QUBES_RPC_ROOT: root, NODE_EXTRA_CA_CERTS: undefined },
  });
  let text = '';
  const told = new Promise<void>((resolve) => {
    child.stdout.on('data', (block: Buffer) => {
      text += block.toString();
      if (text.includes('property-set:memory')) resolve();
    });
  });
  // Nobody says when the daemon has begun to listen to a subscriber.
  for (let memory = 401; !text.includes('property-set:memory') && memory < 450; memory++) {
    await run(`prefs vault memory ${memory}`);
    await run(`prefs work memory ${memory}`);
  }
  await told;
  child.kill('SIGINT');
  const { exitCode, stdout } = await child;
  t.is(exitCode, 130);
  const events = stdout.split('\n').map((one) => rpcLine.parse(JSON.parse(one)));
  t.like(events[0], { type: 'event', subject: 'work', event: 'property-pre-set:memory' });
  t.false(stdout.includes('vault'));
});

test.serial('several that need the host at once all get it', async (t) => {
  const { run } = await place(t);
  await run('init');
  const commands = ['ls -o NAME', 'features dom0 a 1', 'labels create x 0x112233', 'tags dom0'];
  const ran = await Promise.all(commands.map((command) => run(command)));
  for (const { exitCode, stderr } of ran) t.is(exitCode, 0, stderr);
  t.is((await run('features dom0 a')).text, '1\n');
});
