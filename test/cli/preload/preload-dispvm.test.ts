// The program as it is installed, on the sample of an embedded system.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import test, { type ExecutionContext } from 'ava';

import { findProgram } from '../../../lib/base/program.ts';
import { preloadMain } from '../../../lib/cli/preload/preload-main.ts';
import type { ProgramProcess } from '../../../lib/cli/program-process.ts';
import { collect } from '../../support/bytes.ts';
import { runProgram, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NO_SIGNALS = { on: () => undefined, off: () => undefined, exit: () => undefined };

const UNIT = join(import.meta.dirname, '../../../rpm/systemd/qubes-preload-dispvm.service');

// Without systemd its units cannot be judged; the skip is counted.
const withSystemd = (await findProgram('systemd-analyze')) === undefined ? test.skip : test;

/** A sample system, and the programs on it. */
async function system(t: ExecutionContext) {
  const root = join(await temporaryFolder(t), 'system');
  const dist = await builtFolder();
  const run = (program: string, line: string): Promise<RunResult> =>
    runProgram(join(dist, program), line.split(' ').filter(Boolean), {
      env: { QUBES_RPC_ROOT: root },
    });
  const rpc = async (line: string): Promise<RunResult> => {
    const result = await run('bin/qubes-rpc', line);
    if (result.exitCode !== 0) throw new Error(`qubes-rpc ${line}: ${result.stderr}`);
    return result;
  };
  t.teardown(() => run('bin/qubes-rpc', 'host stop').then(() => undefined));
  await rpc('init --sample');
  await rpc('create --template fedora-41 other-dvm --prop template_for_dispvms=True');
  return { root, rpc, preload: (line = '') => run('libexec/preload-dispvm', line) };
}

test('templates that are to keep disposables ready are told, dom0 having the word for the default', async (t) => {
  const { root, rpc, preload } = await system(t);
  const told = async (): Promise<string> => {
    const { exitCode, text, stderr } = await preload();
    return `${exitCode} ${text.split('\n').sort().filter(Boolean).join(' ')}${stderr}`;
  };
  t.is(await told(), '0 ');
  await rpc('features default-dvm preload-dispvm-max 1');
  await rpc('features other-dvm preload-dispvm-max 2');
  t.is(await told(), '0 default-dvm: 1 other-dvm: 2');
  await rpc('features dom0 preload-dispvm-max 3');
  t.is(await told(), '0 default-dvm: 3, as dom0 says other-dvm: 2');
  await rpc('features dom0 preload-dispvm-max 0');
  t.is(await told(), '0 other-dvm: 2');
  const bySocket = await preload(`--socket ${root}/run/qubesd.sock`);
  t.is(bySocket.text, 'other-dvm: 2\n');
});

test('a template that refuses does not keep the others from it', async (t) => {
  const { rpc, preload } = await system(t);
  await rpc('features default-dvm preload-dispvm-max 1');
  await rpc('create --class TemplateVM old');
  // It could when it was told to.
  await rpc('features other-dvm preload-dispvm-max 1');
  await rpc('prefs other-dvm template old');
  const { exitCode, text, stderr } = await preload();
  t.is(exitCode, 7);
  t.deepEqual(text.split('\n').sort(), ['', 'default-dvm: 1', 'other-dvm: 1']);
  t.regex(
    stderr,
    /^error: other-dvm: Qube does not support the RPC\(s\) 'qubes\.WaitForRunningSystem, qubes\.WaitForSession'[^\n]*\n$/,
  );
});

test('without a daemon, and with options that cannot be meant', async (t) => {
  const folder = await temporaryFolder(t);
  const program = join(await builtFolder(), 'libexec', 'preload-dispvm');
  const none = await runProgram(program, ['--socket', join(folder, 'none.sock')]);
  t.is(none.exitCode, 6);
  t.regex(none.stderr, /There is no daemon on the socket/);
  t.is((await runProgram(program, ['--nonsense'])).exitCode, 2);
  t.is((await runProgram(program, ['--root', folder, '--socket', 'x'])).exitCode, 2);
  const help = await runProgram(program, ['--help']);
  t.is(help.exitCode, 0);
  t.regex(help.text, /^Usage: preload-dispvm \[options\]\n/);
});

test('nothing is done when the kernel was told so', async (t) => {
  const folder = await temporaryFolder(t);
  const cmdline = join(folder, 'cmdline');
  await writeFile(cmdline, 'ro qubes.skip_autostart\n');
  const stdout = new PassThrough();
  const host = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, ...NO_SIGNALS };
  const args = ['--socket', join(folder, 'none.sock')];
  const { status } = await preloadMain(args, host as unknown as ProgramProcess, cmdline);
  stdout.end();
  t.is(String(await collect(stdout)), 'Nothing is started ahead: the kernel was told so.\n');
  t.is(status, 0, 'no daemon was asked');
});

withSystemd('systemd understands the unit (needs systemd-analyze)', async (t) => {
  const dist = await builtFolder();
  const unit = join(await temporaryFolder(t), 'qubes-preload-dispvm.service');
  const text = await readFile(UNIT, 'utf8');
  const program = /^ExecStart=(\S+)/m.exec(text)?.[1] ?? '';
  // As installed, but for the place; the manual is looked up by a program that need not be there.
  await writeFile(
    unit,
    text
      .replace(program, join(dist, 'libexec', 'preload-dispvm'))
      .replace(/^Documentation=.*\n/m, ''),
  );
  const { exitCode, stderr } = await runProgram('systemd-analyze', ['verify', '--man=no', unit]);
  t.is(stderr, '');
  t.is(exitCode, 0);
  t.regex(text, /^ConditionKernelCommandLine=!qubes\.skip_autostart$/m);
});
