// The door by which the model calls services in running qubes: real processes behind it.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { NoServiceError } from '../../lib/base/qube-services.ts';
import { watchUntil } from '../../lib/base/watch-until.ts';
import { callerOfHost } from '../../lib/cli/qrexec/embedded-qrexec.ts';
import { CalledServices } from '../../lib/qrexec/called-services.ts';
import { QubesCaller } from '../../lib/qrexec/qubes-caller.ts';
import { addService } from '../support/qrexec-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const PATH = process.env['PATH'] ?? '';

/** An embedded system whose services are scripts; `$HOME` of one is `ROOT/home/QUBE`. */
async function embedded(t: ExecutionContext, scripts: Readonly<Record<string, string>>) {
  const root = await temporaryFolder(t);
  for (const [name, script] of Object.entries(scripts)) {
    await addService(join(root, 'qubes-rpc'), name, script);
  }
  return { root, services: new CalledServices(callerOfHost(root)) };
}

/** The process whose number is in a file, once that is there. */
async function processIn(folder: string, name: string): Promise<number> {
  const path = join(folder, name);
  await watchUntil(folder, () => existsSync(path), { patienceMs: 60_000 });
  return Number(readFileSync(path, 'utf8'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilDead(t: ExecutionContext, pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  t.pass();
}

const TELL_PID = 'echo $$ > "$HOME/new"; mv "$HOME/new" "$HOME/pid"';

test('a service is called with what it is to get, and is not policed', async (t) => {
  const { root, services } = await embedded(t, {
    'test.Take': 'cat > "$HOME/got"; echo "$QREXEC_REMOTE_DOMAIN $*" >> "$HOME/got"; echo much',
  });
  await services.call('work', 'test.Take+arg', signal, { input: 'root\n', asRoot: true });
  t.is(readFileSync(join(root, 'home', 'work', 'got'), 'utf8'), 'root\ndom0 arg\n');
  await services.call('work', 'test.Take', signal);
  t.is(readFileSync(join(root, 'home', 'work', 'got'), 'utf8'), 'dom0 \n');
});

test('a failure is told with the end of what was said, safe to show', async (t) => {
  const { services } = await embedded(t, {
    'test.Says': 'echo degraded; printf "bad.service \\033[1mfailed\\n\\n" >&2; exit 5',
    'test.Silent': 'exit 3',
    'test.Killed': 'kill -9 $$',
    'test.Much': 'head -c 5000000 /dev/zero; head -c 5000000 /dev/zero | tr "\\0" x >&2; exit 1',
    'test.Leaves': 'exec <&-; exit 0',
  });
  const failure = (service: string) =>
    t.throwsAsync(services.call('work', service, signal), { instanceOf: QubesException });
  t.is(
    (await failure('test.Says')).message,
    'test.Says in work failed: degraded; bad.service _[1mfailed',
  );
  t.is((await failure('test.Silent')).message, 'test.Silent in work failed: exit status 3');
  t.is((await failure('test.Killed')).message, 'test.Killed in work failed: exit status 137');
  t.is((await failure('test.Much')).message, `test.Much in work failed: ${'x'.repeat(500)}`);
  await t.notThrowsAsync(
    services.call('work', 'test.Leaves', signal, { input: 'x'.repeat(300_000) }),
  );
});

test('a service that is not there is told from one that fails', async (t) => {
  const { root, services } = await embedded(t, {});
  const none = () => services.call('work', 'test.None', signal);
  const error = await t.throwsAsync(none(), { instanceOf: NoServiceError });
  t.is(error.message, 'There is no test.None in work');
  await mkdir(join(root, 'qubes-rpc'));
  await writeFile(join(root, 'qubes-rpc', 'test.None'), 'no program');
  t.not((await t.throwsAsync(none(), { instanceOf: QubesException })).constructor, NoServiceError);
});

for (const [what, script] of [
  ['ends', `${TELL_PID}; exec sleep 1000`],
  ['kills', `trap "" TERM; ${TELL_PID}; while :; do sleep 0.1; done`],
] as const) {
  test(`who gives up ${what} the service, and does not wait for that`, async (t) => {
    const { root, services } = await embedded(t, { 'test.Long': script });
    const abort = new AbortController();
    const home = join(root, 'home', 'work');
    await mkdir(home, { recursive: true });
    const call = services.call('work', 'test.Long', abort.signal);
    const pid = await processIn(home, 'pid');
    const reason = new Error('It is wanted at once');
    abort.abort(reason);
    t.is(await t.throwsAsync(call), reason);
    await untilDead(t, pid);
    await t.throwsAsync(services.call('work', 'test.Long', abort.signal), { is: reason });
  });
}

test.serial('in dom0 of Qubes it is qrexec-client that calls', async (t) => {
  const folder = await temporaryFolder(t);
  const script = `for one in "$@"; do echo "<$one>"; done > ${folder}/args; cat > ${folder}/input
    case "$*" in *test.None*) exit 127;; esac`;
  await writeFile(join(folder, 'qrexec-client'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  t.teardown(() => void (process.env['PATH'] = PATH));
  const services = new CalledServices(QubesCaller.inDom0(() => Promise.resolve()));
  const args = () => readFileSync(join(folder, 'args'), 'utf8');
  await services.call('disp1', 'qubes.WaitForSession', signal);
  t.is(args(), '<-d>\n<disp1>\n<-->\n<DEFAULT:QUBESRPC qubes.WaitForSession+ dom0>\n');
  await services.call('disp1', 'qubes.ResizeDisk', signal, { asRoot: true, input: 'root' });
  t.is(args(), '<-d>\n<disp1>\n<-->\n<root:QUBESRPC qubes.ResizeDisk+ dom0>\n');
  t.is(readFileSync(join(folder, 'input'), 'utf8'), 'root');
  await t.throwsAsync(services.call('disp1', 'test.None', signal), { instanceOf: NoServiceError });
});
