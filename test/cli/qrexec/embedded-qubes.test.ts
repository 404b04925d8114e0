// Qubes that call each other, through the programs as they are installed and the real host.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { addService } from '../../support/qrexec-system.ts';
import { runProgram, type RunOptions, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const POLICY = `
test.Who * work personal allow
test.Who * work @dispvm allow
test.Who * work @adminvm allow
test.Who * personal vault allow autostart=no
test.Chain * work personal allow
test.Status * work personal allow
test.Open * * personal allow
test.Echo * work personal allow
test.Ask * work @anyvm ask default_target=personal
admin.vm.property.Get * work @anyvm allow target=dom0
`;

const SERVICES = {
  'test.Who': 'echo "$QREXEC_REMOTE_DOMAIN -> $(basename "$HOME") $(umask) $QUBES_RPC_ROOT"',
  'test.Chain': 'qrexec-client-vm "$1" test.Who; echo "status $?"',
  'test.Status': 'echo out; echo err >&2; exit "$1"',
  'test.Open': 'echo open',
  'test.Echo': 'cat',
  'test.Ask': 'echo asked',
};

interface Place {
  readonly root: string;
  /** Runs qubes-rpc; words are parted by single spaces. */
  readonly rpc: (line: string, options?: RunOptions) => Promise<RunResult>;
  /** What work calls with, as its services do. */
  readonly client: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
}

async function system(t: ExecutionContext): Promise<Place> {
  const root = join(await temporaryFolder(t), 'system');
  const program = join(await builtFolder(), 'bin', 'qubes-rpc');
  const rpc: Place['rpc'] = (line, options = {}) =>
    runProgram(program, line.split(' '), { env: { QUBES_RPC_ROOT: root }, ...options });
  t.teardown(() => rpc('host stop').then(() => undefined));
  await rpc('init --sample', { mustSucceed: true, env: { QUBES_RPC_ROOT: root } });
  await mkdir(join(root, 'policy.d'), { recursive: true });
  await writeFile(join(root, 'policy.d', '30-test.policy'), POLICY);
  for (const [name, script] of Object.entries(SERVICES)) {
    await addService(join(root, 'qubes-rpc'), name, script);
  }
  await rpc('run work test.Who', { mustSucceed: true });
  const client = join(root, 'run', 'work', 'bin', 'qrexec-client-vm');
  return { root, rpc, client: (args, options) => runProgram(client, args, options) };
}

test.serial('qubes call each other as policy allows', async (t) => {
  const { root, rpc, client } = await system(t);
  const said = async (...args: readonly string[]): Promise<string> => {
    const { text, stderr, exitCode } = await client(args);
    return `${text}${stderr}${exitCode}`;
  };
  const state = async (qube: string): Promise<string> =>
    (await rpc(`ls --columns NAME,STATE`)).text
      .split('\n')
      .map((line) => line.split(/\s+/))
      .filter(([name]) => name === qube)
      .map(([, shown]) => shown ?? '')
      .join();

  t.is(await state('personal'), 'Halted');
  t.is(await said('personal', 'test.Who'), 'work -> personal 0022 \n0');
  t.is(await state('personal'), 'Running');
  t.regex(await said('dom0', 'test.Who'), new RegExp(`^work -> .* 0077 ${root}\n0$`));

  // A service calls as the qube it runs in, which may not start others by this rule.
  t.is(await said('personal', 'test.Chain+vault'), 'status 126\nRequest refused\n0');
  t.is(await state('vault'), 'Halted');
  await rpc('start vault', { mustSucceed: true });
  t.is(await said('personal', 'test.Chain+vault'), 'personal -> vault 0022 \nstatus 0\n0');

  for (const args of [
    ['vault', 'test.Who'],
    ['nosuch', 'test.Who'],
    ['personal', 'test.Unknown'],
    ['personal', '+test.Who'],
    ['', 'test.Who'],
  ]) {
    t.is(await said(...args), 'Request refused\n126', args.join(' '));
  }
  t.is(await said('personal', 'test.Status+7'), 'out\nerr\n7');
  await rpc('pause personal', { mustSucceed: true });
  t.is(await said('personal', 'test.Who'), 'Request refused\n126');
  t.regex(await readFile(join(root, 'run', 'qrexec.log'), 'utf8'), /personal: it is paused\n/);
});

test.serial('a disposable is there for one call', async (t) => {
  const { root, rpc, client } = await system(t);
  const { text } = await client(['@dispvm', 'test.Who']);
  t.regex(text, /^work -> disp\d+ 0022 \n$/);
  t.notRegex((await rpc('ls')).text, /^disp\d/m);
  await addService(join(root, 'qubes-rpc'), 'test.Who', 'kill -9 $$');
  t.is((await client(['$dispvm', 'test.Who'])).exitCode, 137);
  t.notRegex((await rpc('ls')).text, /^disp\d/m);
});

test.serial('a qube calls the Admin API as policy allows', async (t) => {
  const { client } = await system(t);
  const get = (qube: string) => client([qube, 'admin.vm.property.Get+label']);
  t.is((await get('personal')).text, '0\0default=False type=label yellow');
  // A qube that is not there is to dom0 a call that left its target to policy.
  t.regex((await get('nosuch')).text, /^2\0/);
  t.is((await client(['personal', 'admin.vm.property.Set+label'])).exitCode, 126);
});

test.serial('streams, a prefix, and programs of the caller', async (t) => {
  const { client } = await system(t);
  const echoed = await client(['-p', 'first ', 'personal', 'test.Echo'], { input: 'then' });
  t.is(echoed.text, 'first then');
  const filtered = await client(['-t', 'personal', 'test.Echo'], { input: 'a\x1b[1mb\n' });
  t.is(filtered.text, 'a_[1mb\n');
  const local = await client([
    ...['personal', 'test.Echo', '/bin/sh', '-c'],
    'echo sent; exec >&-; read got; echo "got $got" >&$SAVED_FD_1; exit 3',
  ]);
  t.is(local.text, 'got sent\n');
  t.is(local.exitCode, 3);
  const refused = await client(['vault', 'test.Echo', '/bin/sh', '-c', 'echo started >&2']);
  t.is(refused.exitCode, 126);
  t.is(refused.stderr, 'Request refused\n', 'the program is not started');
  t.is((await client(['personal', 'test.Echo', '/nonexistent'])).exitCode, 255);
  t.is((await client(['personal'])).exitCode, 2);
});

test.serial('a person tries a policy with --as, and sees what decided', async (t) => {
  const { root, rpc } = await system(t);
  t.is((await rpc('run --as work personal test.Who')).text, 'work -> personal 0022 \n');
  const denied = await rpc('run --as work vault test.Who');
  t.is(denied.exitCode, 126);
  t.regex(denied.stderr, /Request refused: test\.Who from work to vault: no rule matches it/);
  const asked = await rpc('run --as work personal test.Ask', { input: 'y\n' });
  t.is(asked.exitCode, 126, 'there is no terminal to ask on');
  t.true(asked.stderr.includes(`${root}/policy.d/30-test.policy`), asked.stderr);
  const stranger = await rpc('run --as nobody personal test.Open');
  t.is(stranger.exitCode, 126, 'a rule about all sources is none about a qube that is not there');
  t.regex(stranger.stderr, /there is no qube nobody/);
});

test.serial('run ends as a call does that gets to no service', async (t) => {
  const { root, rpc } = await system(t);
  const unknown = await rpc('run personal test.Unknown');
  t.is(unknown.exitCode, 127);
  t.regex(unknown.stderr, /^error: The service test\.Unknown is not installed/);
  await writeFile(join(root, 'qubes-rpc', 'test.Text'), 'no program');
  t.is((await rpc('run personal test.Text')).exitCode, 125);
  t.is((await rpc('run nosuch test.Who')).exitCode, 126);
});

/** Runs qubes-rpc on a terminal of its own (util-linux `script`), and types once it asks. */
async function onTerminal(root: string, line: string, typed: string) {
  const program = join(await builtFolder(), 'bin', 'qubes-rpc');
  const child = execa(
    'script',
    ['--quiet', '--return', '--command', `${program} ${line}`, '/dev/null'],
    {
      env: { QUBES_RPC_ROOT: root, TERM: 'dumb', NODE_EXTRA_CA_CERTS: undefined },
      reject: false,
      timeout: 60_000,
    },
  );
  let screen = '';
  let isAsked = false;
  child.stdout.on('data', (block: Buffer) => {
    screen += block.toString();
    if (isAsked || !screen.includes('or n for no?')) return;
    isAsked = true;
    child.stdin.write(typed);
  });
  const { exitCode } = await child;
  return { exitCode, screen: screen.replaceAll('\r\n', '\n') };
}

test.serial('the person is asked on the terminal, and chooses', async (t) => {
  const { root } = await system(t);
  const call = 'run --as work personal test.Ask';
  const yes = await onTerminal(root, call, '\n');
  t.is(yes.exitCode, 0, yes.screen);
  t.regex(yes.screen, /work wants to call test\.Ask\. It may go to:\n {2}1 {2}/);
  t.regex(yes.screen, /\nasked\n/);
  for (const typed of ['y\n', '99\n', '\x04']) {
    const no = await onTerminal(root, call, typed);
    t.is(no.exitCode, 126, no.screen);
    t.notRegex(no.screen, /\nasked\n/);
  }
});

/** Until a file is there; the test's own time ends it. */
async function fileThere(path: string): Promise<void> {
  while (!existsSync(path)) await delay(10);
}

test.serial(
  'a caller that dies closes its streams, and one that is told to ends its disposable',
  async (t) => {
    const { root, rpc } = await system(t);
    const services = join(root, 'qubes-rpc');
    await addService(services, 'test.Echo', `cat; echo > ${root}/heard-the-end; exec yes`);
    await addService(services, 'test.Who', `echo > ${root}/began; exec sleep 60`);
    const program = join(root, 'run', 'work', 'bin', 'qrexec-client-vm');
    const start = (...args: readonly string[]) =>
      execa(program, args, { stdin: 'pipe', reject: false, timeout: 60_000 });

    const killed = start('personal', 'test.Echo');
    killed.stdin.write('x');
    await new Promise((resolve) => killed.stdout.once('data', resolve));
    killed.kill('SIGKILL');
    await fileThere(join(root, 'heard-the-end'));
    await killed;

    const ended = start('@dispvm', 'test.Who');
    await fileThere(join(root, 'began'));
    t.regex((await rpc('ls')).text, /^disp\d/m);
    ended.kill('SIGTERM');
    await ended;
    t.notRegex((await rpc('ls')).text, /^disp\d/m);
  },
);

test.serial('a broken policy refuses every call', async (t) => {
  const { root, rpc, client } = await system(t);
  await writeFile(join(root, 'policy.d', '40-broken.policy'), 'test.Who\n');
  const { exitCode, stderr } = await client(['personal', 'test.Who']);
  t.is(exitCode, 126);
  t.is(stderr, 'Request refused\n');
  t.regex(await readFile(join(root, 'run', 'qrexec.log'), 'utf8'), /40-broken\.policy/);
  t.is((await rpc('run personal test.Who')).exitCode, 0, 'dom0 is not policed');
});
