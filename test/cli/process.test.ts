import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { reportEvent } from '../../lib/base/report.ts';
import { bundledProgram } from '../support/bundled-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CONTENT, type FakeFacts, PASSPHRASE } from './fake-backup.ts';

const ENVIRONMENT = { NODE_EXTRA_CA_CERTS: undefined };

let bundle = '';

test.before(async () => {
  bundle = await bundledProgram('test/cli/fake-restore.ts');
});

async function backupFolder(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'pass'), `${PASSPHRASE}\n`);
  await writeFile(join(folder, 'backup'), '');
  return folder;
}

/** Starts the program on a made-up backup that it has the passphrase of. */
async function start(t: ExecutionContext, line: string, facts: FakeFacts = {}) {
  const args = [bundle, ...line.split(' '), '--passphrase-file', 'pass'];
  return {
    child: execa(process.execPath, args, {
      cwd: await backupFolder(t),
      env: { FAKE_BACKUP: JSON.stringify(facts), ...ENVIRONMENT },
      reject: false,
      buffer: { stdout: true, stderr: true },
      timeout: 20_000,
      encoding: 'utf8',
    }),
  };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test.serial(
    `${signal} ends the run within a second, with exit status 130 and a summary`,
    async (t) => {
      const { child } = await start(t, 'extract backup --into out --json', { hangs: true });
      await firstData(child.stdout);
      const began = performance.now();
      child.kill(signal);
      const { exitCode, stdout } = await child;
      t.is(exitCode, 130);
      t.true(performance.now() - began < 1000);
      const events = stdout.split('\n').map((line) => reportEvent.parse(JSON.parse(line)));
      t.like(events.at(-2), { type: 'error', code: 'cancelled' });
      t.like(events.at(-1), { type: 'summary', ok: false, exitCode: 130 });
    },
  );
}

test.serial('work that does not stop when told is left, within a second', async (t) => {
  const { child } = await start(t, 'verify backup --json', { hangs: true, deaf: true });
  await firstData(child.stdout);
  const began = performance.now();
  child.kill('SIGINT');
  const { exitCode, stdout } = await child;
  t.is(exitCode, 130);
  t.true(performance.now() - began < 1000);
  t.regex(stdout, /"code":"cancelled",.*"hint":"Run the same command again."}$/);
});

test.serial('a second SIGINT ends the program at once', async (t) => {
  const { child } = await start(t, 'verify backup --json', { hangs: true, deaf: true });
  await firstData(child.stdout);
  child.kill('SIGINT');
  await delay(100);
  const began = performance.now();
  child.kill('SIGINT');
  const { exitCode } = await child;
  t.is(exitCode, 130);
  t.true(performance.now() - began < 500);
});

for (const line of ['cat backup work:private', 'verify backup --json']) {
  test.serial(
    `when the reader goes away, "${line}" ends quietly with exit status 130`,
    async (t) => {
      const { child } = await start(t, line, { catBytes: 1e12, hangs: true, pace: 20 });
      await firstData(child.stdout);
      child.stdout.destroy();
      const { exitCode, stderr } = await child;
      t.is(exitCode, 130);
      t.is(stderr, 'error: Stopped: the reader of standard output went away');
    },
  );
}

test.serial(
  'cat keeps standard output for the bytes, and puts events on standard error',
  async (t) => {
    const { child } = await start(t, 'cat backup work:private --json');
    const { exitCode, stdout, stderr } = await child;
    t.is(exitCode, 0);
    t.is(stdout, new TextDecoder().decode(CONTENT));
    const events = stderr.split('\n').map((line) => reportEvent.parse(JSON.parse(line)).type);
    t.deepEqual(events, ['plan', 'summary']);
  },
);

test.serial('a wrong option is told as JSON to who asked for JSON', async (t) => {
  const { child } = await start(t, 'verify backup --json --jobs 0');
  const { exitCode, stdout, stderr } = await child;
  t.is(exitCode, 2);
  t.is(stderr, '');
  t.like(reportEvent.parse(JSON.parse(stdout)), { type: 'error', code: 'usage' });
});

/** Runs the program on a terminal of its own (util-linux `script`) and types into it. */
async function onTerminal(t: ExecutionContext, line: string, typed: readonly string[]) {
  const command = [process.execPath, bundle, ...line.split(' ')].join(' ');
  const child = execa(
    'script',
    ['--quiet', '--return', '--echo', 'always', '--command', command, '/dev/null'],
    {
      cwd: await backupFolder(t),
      env: { TERM: 'xterm', NO_COLOR: undefined, ...ENVIRONMENT },
      reject: false,
      timeout: 20_000,
    },
  );
  let screen = '';
  let asked = 0;
  child.stdout.on('data', (block: Buffer) => {
    screen += block.toString();
    // The question is drawn anew after every key: answer each question once.
    const questions = screen.split('[input is masked]').length - 1;
    const text = questions > asked ? typed[asked] : undefined;
    if (text !== undefined && (asked === 0 || screen.includes('Try again'))) {
      asked++;
      child.stdin.write(text);
    }
  });
  const { exitCode } = await child;
  return { exitCode, screen };
}

test.serial(
  'on a terminal the passphrase is asked for, without echo, and a table follows',
  async (t) => {
    const { exitCode, screen } = await onTerminal(t, 'list backup', [`${PASSPHRASE}\r`]);
    t.is(exitCode, 0);
    t.regex(screen, /Passphrase of backup:/);
    t.false(screen.includes('horse'));
    t.regex(screen, /QUBE +CLASS +LABEL/);
  },
);

test.serial('on a terminal a mistyped passphrase is asked for again', async (t) => {
  const { exitCode, screen } = await onTerminal(t, 'list backup', ['wrong\r', `${PASSPHRASE}\r`]);
  t.is(exitCode, 0);
  t.regex(screen, /Wrong passphrase. Try again./);
});

test.serial('Ctrl-C at the question for the passphrase ends in exit status 130', async (t) => {
  const { exitCode, screen } = await onTerminal(t, 'list backup', ['\x03']);
  t.is(exitCode, 130);
  t.regex(screen, /error: Interrupted/);
});

test.serial('cat refuses to write to a terminal', async (t) => {
  const { exitCode, screen } = await onTerminal(t, 'cat backup work:private', []);
  t.is(exitCode, 2);
  t.regex(screen, /Refusing to write the raw bytes of a part to a terminal/);
});

test.serial('without a terminal and without --passphrase-file the way out is named', async (t) => {
  const child = execa('setsid', ['--wait', process.execPath, bundle, 'list', 'backup'], {
    cwd: await backupFolder(t),
    env: { ...ENVIRONMENT },
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  });
  const { exitCode, stderr } = await child;
  t.is(exitCode, 2);
  t.regex(stderr, /there is no terminal\n {2}Name a file that holds it with --passphrase-file/);
});

async function firstData(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise((resolve) => stream.once('data', resolve));
}
