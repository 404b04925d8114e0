// The program in a process of its own, with a daemon that answers as the reference does.
import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { type RpcLine, rpcLine } from '../../../lib/base/rpc-report.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import { startRecordedDaemon } from '../../support/recorded-daemon.ts';
import { runProgram, type RunOptions, type RunResult } from '../../support/run-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let program = '';

test.before(async () => {
  program = await bundledProgram('lib/cli/qubes-rpc.main.ts');
});

/** Runs qubes-rpc with a recorded daemon. */
async function started(t: ExecutionContext, replies?: Readonly<Record<string, string | null>>) {
  const { path, requests } = await startRecordedDaemon(t, replies);
  return {
    path,
    requests,
    run: (args: readonly string[], options?: RunOptions): Promise<RunResult> =>
      runProgram(process.execPath, [program, ...args, '--socket', path], options),
  };
}

function lines(ran: RunResult): RpcLine[] {
  return ran.json().map((line) => rpcLine.parse(line));
}

const WORK = 'dom0 name work\0';
const LISTED = '0\0work class=AppVM state=Running uuid=d68f8c99-88f0-4d85-83ae-4e2e01a2f7a9\n';
const ONLY_WORK = {
  'admin.vm.List+ dom0 name dom0\0': LISTED,
  [`admin.vm.List+ ${WORK}`]: LISTED,
  [`admin.vm.feature.List+ ${WORK}`]: '0\0foo\n',
};

test.serial('ls writes a line each with tabs, or what was asked for', async (t) => {
  const { run } = await started(t, ONLY_WORK);
  const ran = await run(['ls']);
  t.is(ran.exitCode, 0, ran.stderr);
  t.is(ran.text, 'work\tAppVM\tRunning\tgreen\tfedora-41\tsys-net\n');
  t.is((await run(['ls', '-o', 'name,TAGS,memory'])).text, 'work\taudiovm-dom0,guivm-dom0\t500\n');
});

test.serial('ls filters by class, tag, state and name', async (t) => {
  const { run } = await started(t, ONLY_WORK);
  for (const [args, found] of [
    [['--class', 'AppVM', '--tag', 'guivm-dom0', '--running', 'work'], true],
    [['--class', 'DispVM'], false],
    [['--tag', 'guivm'], false],
  ] as const) {
    t.is((await run(['ls', ...args, '-o', 'NAME'])).text, found ? 'work\n' : '', args.join(' '));
  }
  const unknown = await run(['ls', 'work', 'nosuch']);
  t.is(unknown.exitCode, 2);
  t.regex(unknown.stderr, /There is no qube nosuch/);
});

test.serial('every answer is a line of the schema with --json', async (t) => {
  const { run } = await started(t, {
    ...ONLY_WORK,
    'admin.label.List+ dom0 name dom0\0': '0\0red\n',
  });
  const seen: Record<string, RpcLine[]> = {};
  for (const line of [
    ...['ls', 'prefs work', 'prefs work netvm', 'prefs work netvm --default', 'features work'],
    ...['prefs work label --default', 'prefs work klass --help-property', 'features work foo'],
    ...['tags work', 'notes work', 'labels', 'call admin.vm.tag.Get+none work', 'prefs --system'],
  ]) {
    const ran = await run([...line.split(' '), '--json']);
    t.is(ran.exitCode, 0, ran.text);
    t.is(ran.stderr, '');
    seen[line] = lines(ran);
  }
  t.like(seen['ls']?.[0], { type: 'qube', name: 'work', tags: ['audiovm-dom0', 'guivm-dom0'] });
  t.like(seen['prefs work netvm']?.[0], {
    ...{ type: 'property', qube: 'work', name: 'netvm', value: 'sys-firewall', default: true },
  });
  t.deepEqual(seen['prefs work netvm --default'], [
    { type: 'default', qube: 'work', name: 'netvm', value: 'sys-firewall', valueType: 'vm' },
  ]);
  t.deepEqual(seen['prefs work label --default'], [
    { type: 'default', qube: 'work', name: 'label' },
  ]);
  t.deepEqual(seen['features work'], [{ type: 'feature', qube: 'work', name: 'foo', value: '1' }]);
  t.deepEqual(
    seen['tags work']?.map((line) => line.type === 'tag' && line.name),
    [...['audiovm-dom0', 'guivm-dom0']],
  );
  t.deepEqual(seen['notes work'], [
    { type: 'notes', qube: 'work', text: 'zażółć\ttab\nnl _bell _' },
  ]);
  t.deepEqual(seen['labels'], [{ type: 'label', name: 'red', index: 1, color: '0xcc0000' }]);
  t.deepEqual(seen['call admin.vm.tag.Get+none work'], [
    { type: 'reply', method: 'admin.vm.tag.Get', destination: 'work', text: '0' },
  ]);
  t.is(seen['prefs --system']?.length, 20);
});

test.serial('one value is written as it is, with all its lines', async (t) => {
  const { run } = await started(t);
  t.is((await run(['prefs', 'work', 'kernelopts'])).text, 'a\nb\\c\n');
  t.is((await run(['prefs', 'work', 'memory'])).text, '400\n');
  t.is((await run(['notes', 'work'])).text, 'zażółć\ttab\nnl _bell _\n');
});

test.serial('what changes something says nothing, and a line with --json', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'notes'), 'x');
  const { run, requests } = await started(t, {
    [`admin.vm.notes.Set+ ${WORK}x`]: '0\0',
    [`admin.vm.Remove+ ${WORK}`]: '0\0',
  });
  for (const [line, request] of [
    ['prefs work memory 500', `admin.vm.property.Set+memory ${WORK}500`],
    ['prefs work memory --reset', `admin.vm.property.Reset+memory ${WORK}`],
    ['features work foo 1', `admin.vm.feature.Set+foo ${WORK}1`],
    ['features work foo --unset', `admin.vm.feature.Remove+foo ${WORK}`],
    ['tags work add t_1-A', `admin.vm.tag.Set+t_1-A ${WORK}`],
    ['tags work del t_1-A', `admin.vm.tag.Remove+t_1-A ${WORK}`],
    ['labels create mylabel 0xabcdef', 'admin.label.Create+mylabel dom0 name dom0\x000xabcdef'],
    ['labels remove mylabel', 'admin.label.Remove+mylabel dom0 name dom0\0'],
    [`notes work --set ${folder}/notes`, `admin.vm.notes.Set+ ${WORK}x`],
    ['remove work --yes', `admin.vm.Remove+ ${WORK}`],
    ['create c2 -l blue', 'admin.vm.Create.AppVM+ dom0 name dom0\0name=c2 label=blue'],
  ] as const) {
    const ran = await run(line.split(' '));
    t.is(ran.exitCode, 0, ran.stderr);
    t.is(ran.text + ran.stderr, '', line);
    t.is(requests.at(-1), request);
    const [done] = lines(await run([...line.split(' '), '--json']));
    t.is(done?.type, 'done', line);
  }
});

test.serial('notes come from standard input with --set -', async (t) => {
  const { run, requests } = await started(t, { [`admin.vm.notes.Set+ ${WORK}from stdin`]: '0\0' });
  t.is((await run(['notes', 'work', '--set', '-'], { input: 'from stdin' })).exitCode, 0);
  t.deepEqual(requests, [`admin.vm.notes.Set+ ${WORK}from stdin`]);
});

test.serial('a qube whose property cannot be set is not left behind', async (t) => {
  const { run, requests } = await started(t, {
    'admin.vm.property.Set+memory dom0 name c2\0abc': '2\0QubesValueError\0\0no number\0',
    'admin.vm.property.Set+vcpus dom0 name c2\x002': '0\0',
    'admin.vm.Remove+ dom0 name c2\0': '0\0',
  });
  const ran = await run([
    ...['create', 'c2', '-l', 'blue', '--prop', 'vcpus=2', '--prop', 'memory=abc'],
  ]);
  t.is(ran.exitCode, 7);
  t.regex(ran.stderr, /^error: no number$/m);
  t.is(requests.at(-1), 'admin.vm.Remove+ dom0 name c2\0');
});

test.serial('a qube is not left behind when its creation is interrupted', async (t) => {
  const { path, requests } = await started(t, {
    'admin.vm.property.Set+memory dom0 name c2\x00500': null,
    'admin.vm.Remove+ dom0 name c2\0': '0\0',
  });
  const args = ['create', 'c2', '-l', 'blue', '--prop', 'memory=500', '--socket', path];
  const child = execa(process.execPath, [program, ...args], {
    ...{ reject: false, timeout: 20_000, env: { NODE_EXTRA_CA_CERTS: undefined } },
  });
  while (requests.length < 2) await delay(20);
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  t.is(exitCode, 130);
  t.is(stderr, 'error: Interrupted by SIGINT');
  t.is(requests.at(-1), 'admin.vm.Remove+ dom0 name c2\0');
});

test.serial('nothing is removed unasked where there is no terminal', async (t) => {
  const { run, requests } = await started(t);
  const ran = await run(['remove', 'work']);
  t.is(ran.exitCode, 2);
  t.regex(ran.stderr, /no terminal\n {2}Say --yes/);
  t.deepEqual(requests, []);
});

test.serial('call passes bytes through, payload and answer', async (t) => {
  const { run, requests } = await started(t, {
    [`admin.x+a+b ${WORK}in\0put`]: '0\0out\0\x1b\n',
  });
  const ran = await run(['call', 'admin.x+a+b', 'work'], { input: 'in\0put' });
  t.is(ran.text, 'out\0\x1b\n');
  t.deepEqual(requests, [`admin.x+a+b ${WORK}in\0put`]);
  const large = await run(['call', 'admin.x', 'work'], { input: 'x'.repeat(65_537) });
  t.is(large.exitCode, 2);
});

test.serial('a refusal of the daemon is exit status 7, with its words and its name', async (t) => {
  const { run } = await started(t);
  const ran = await run(['prefs', 'work', 'nosuch']);
  t.is(ran.exitCode, 7);
  t.is(ran.stderr, "error: Invalid property 'nosuch' of work\n");
  const [error] = lines(await run(['prefs', 'work', 'nosuch', '--json']));
  t.deepEqual(error, {
    ...{ type: 'error', code: 'refused', wireName: 'QubesNoSuchPropertyError' },
    message: "Invalid property 'nosuch' of work",
  });
});

test.serial('no daemon, and one that answers nonsense, are exit status 6', async (t) => {
  const { run, path } = await started(t, { [`admin.vm.tag.List+ ${WORK}`]: 'nonsense' });
  t.is((await run(['tags', 'work'])).exitCode, 6);
  const none = await runProgram(process.execPath, [program, 'ls', '--socket', `${path}.absent`]);
  t.is(none.exitCode, 6);
  t.regex(none.stderr, /There is no daemon on the socket .*absent/);
});

test.serial('wrong usage is exit status 2, as JSON to who asked for JSON', async (t) => {
  const { run } = await started(t);
  const ran = await run(['prefs', 'work', '--nonsense', '--json']);
  t.is(ran.exitCode, 2);
  t.is(ran.stderr, '');
  t.like(lines(ran)[0], { type: 'error', code: 'usage' });
});

test.serial('hostile texts of a daemon do not reach the terminal', async (t) => {
  const evil = '\x1b]0;evil\x07\u202e';
  const { path } = await started(t, {
    [`admin.vm.property.Get+x ${WORK}`]: `0\0default=True type=str ${evil}`,
    [`admin.vm.notes.Get+ ${WORK}`]: `0\0${evil}\nzażółć`,
    [`admin.vm.property.GetAll+ ${WORK}`]: `0\0x default=True type=str ${evil}\n`,
    [`admin.vm.property.Get+bad ${WORK}`]: `2\0QubesException\0\0${evil}\0`,
    [`admin.y+ ${WORK}`]: `0\0${evil}`,
  });
  for (const [line, expected] of [
    ['prefs work x', /^_\]0;evil__\r?\n$/],
    ['notes work', /^_\]0;evil__\r?\nzażółć\r?\n$/],
    ['prefs work', /x +default +_\]0;evil__/],
    ['prefs work bad', /error: _\]0;evil__/],
    ['call admin.y work', /^_\]0;evil__\r?\n$/],
  ] as const) {
    const command = [process.execPath, program, ...line.split(' '), '--socket', path].join(' ');
    const { stdout } = await execa(
      'script',
      ['--quiet', '--return', '--command', command, '/dev/null'],
      {
        env: { TERM: 'xterm', NODE_EXTRA_CA_CERTS: undefined },
        reject: false,
        stripFinalNewline: false,
      },
    );
    t.regex(stdout, expected, line);
    t.false(stdout.includes('\x1b]'), line);
  }
});

test.serial('on a terminal removal is asked about, and only yes is yes', async (t) => {
  const { path, requests } = await started(t, { [`admin.vm.Remove+ ${WORK}`]: '0\0' });
  const answer = async (typed: string) => {
    const command = [process.execPath, program, 'remove', 'work', '--socket', path].join(' ');
    const child = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { TERM: 'xterm', NODE_EXTRA_CA_CERTS: undefined },
      reject: false,
      timeout: 20_000,
    });
    child.stdout.once('data', () => child.stdin.write(typed));
    return child;
  };
  for (const typed of ['n\r', '\r', '\x04', '\x03']) {
    const { exitCode, stdout } = await answer(typed);
    t.is(exitCode, 130, stdout);
    t.deepEqual(requests, []);
  }
  const { exitCode, stdout } = await answer('y\r');
  t.is(exitCode, 0, stdout);
  t.regex(stdout, /Remove work and all data in it\? \[y\/N\]/);
  t.is(requests.length, 1);
});

const EVENTS =
  '1\0\0connection-established\0\0' +
  '1\0work\0property-set:memory\0name\0memory\0newvalue\x00444\0\0' +
  '1\0\0domain-add\0vm\0a\nb\0\0';

/** A daemon that sends events and then nothing, for as long as its client is there. */
async function eventDaemon(t: ExecutionContext): Promise<string> {
  const path = join(await temporaryFolder(t), 'qubesd.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume().on('error', () => undefined);
    socket.on('end', () => socket.write(EVENTS));
    t.teardown(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => void server.close());
  return path;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`events come as they happen, a line each; ${signal} ends them`, async (t) => {
    const path = await eventDaemon(t);
    const child = execa(process.execPath, [program, 'events', '--json', '--socket', path], {
      ...{ reject: false, timeout: 20_000, env: { NODE_EXTRA_CA_CERTS: undefined } },
    });
    let seen = '';
    child.stdout.on('data', (block: Buffer) => {
      seen += block.toString();
      if (seen.includes('domain-add') && !seen.includes('error')) child.kill(signal);
    });
    const { exitCode, stdout } = await child;
    t.is(exitCode, 130);
    const events = stdout.split('\n').map((line) => rpcLine.parse(JSON.parse(line)));
    t.deepEqual(events, [
      {
        ...{ type: 'event', subject: 'work', event: 'property-set:memory' },
        payload: { name: 'memory', newvalue: '444' },
      },
      { type: 'event', subject: null, event: 'domain-add', payload: { vm: 'a\nb' } },
      { type: 'error', code: 'cancelled', message: `Interrupted by ${signal}` },
    ]);
  });
}

test.serial('events are one line each for people, too, and their end is told', async (t) => {
  const { run } = await started(t, { 'admin.Events+ dom0 name dom0\0': EVENTS });
  const ran = await run(['events']);
  t.is(ran.text, 'work property-set:memory name=memory newvalue=444\n- domain-add vm=a_b\n');
  t.is(ran.exitCode, 6);
  t.regex(ran.stderr, /The daemon has ended the events/);
});

test.serial('a reader that goes away ends the program quietly', async (t) => {
  const path = await eventDaemon(t);
  const child = execa(process.execPath, [program, 'events', '--socket', path], {
    ...{ reject: false, timeout: 20_000, buffer: { stdout: false, stderr: true } },
    env: { NODE_EXTRA_CA_CERTS: undefined },
  });
  child.stdout.destroy();
  const { exitCode, stderr } = await child;
  t.is(exitCode, 130);
  t.is(stderr, 'error: Stopped: the reader of standard output went away');
});
