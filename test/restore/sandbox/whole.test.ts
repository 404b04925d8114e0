// A whole restore in a disposable, as a person starts it: real programs, a real archive, and the policy
// that is shipped for it as the only one.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import * as z from 'zod';

import { QubesVMError } from '../../../lib/base/admin-error.ts';
import { reportEvent } from '../../../lib/base/report.ts';
import { loadPolicy } from '../../../lib/policy/load-policy.ts';
import { parseSystemFacts } from '../../../lib/policy/system-facts.ts';
import type { PolicyCall } from '../../../lib/policy/verdict.ts';
import { sandboxHost, type SandboxHost } from '../../support/sandbox-host.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DISPOSABLE = 'disp-backup-restore';
const FILE = '85-admin-backup-restore.policy';

interface DecidedCall extends PolicyCall {
  /** Undefined for one that was refused. */
  readonly line: number | undefined;
}

/** The calls that the disposable has made, and the lines that decided. */
async function callsMade({ root }: SandboxHost): Promise<readonly DecidedCall[]> {
  const log = await readFile(join(root, 'run', 'qrexec.log'), 'utf8');
  const calls = log.matchAll(/^qrexec: ([^+]+)\+(\S*): (\S+) -> (\S+): (.*)$/gm);
  return [...calls].flatMap(
    ([, service = '', argument = '', source = '', target = '', end = '']) => {
      const line = /^allowed by .*, line (\d+)$/.exec(end)?.[1];
      const decided = { service, argument, source, target, line: line ? Number(line) : undefined };
      return source === DISPOSABLE ? [decided] : [];
    },
  );
}

const SystemInfo = z.object({
  domains: z.record(z.string(), z.looseObject({ tags: z.array(z.string()) })),
});

/** What policy knows of the system in the middle of a restore of these qubes. */
async function factsWithin({ client }: SandboxHost, restored: readonly string[]) {
  const info = SystemInfo.parse(JSON.parse(await client.calls.text('internal.GetSystemInfo')));
  const { domains } = info;
  for (const name of restored) domains[name]?.tags.push('backup-restore-in-progress');
  domains['work']?.tags.push('backup-restore-storage');
  domains[DISPOSABLE] = { ...domains['default-dvm'], tags: ['backup-restore-mgmt'] };
  return parseSystemFacts(JSON.stringify(info));
}

test('with its policy as the only one all is restored, and needs each line of it', async (t) => {
  const host = await sandboxHost(t);
  const first = await host.restore(['--json', ...host.args]);
  t.is(first.exitCode, 0, first.text + first.stderr);
  const summary = first
    .json()
    .map((line) => reportEvent.parse(line))
    .at(-1);
  if (summary?.type !== 'summary') return t.fail(first.text);
  const digests = new Map<string, string | undefined>(
    summary.qubes.flatMap(({ name, parts }) =>
      parts.map(({ part, sha256 }) => [`${name} ${part}`, sha256] as const),
    ),
  );
  for (const [volume, digest] of host.digests) t.is(digests.get(volume), digest, volume);

  const second = await host.restore([
    '--pool',
    'varlibqubes',
    '--rename-conflicting',
    ...host.args,
  ]);
  t.is(second.exitCode, 0, second.text + second.stderr);
  t.regex(second.stderr, /All is well/);

  const names = ['base', 'office', 'alone', 'disp-office'];
  const restored = names.flatMap((name) => [name, `${name}-1`]);
  for (const name of restored) {
    const tags = await host.client.qube(name).tags.list();
    t.true(
      tags.some((tag) => tag.startsWith('restored-from-backup-at-')),
      name,
    );
    t.false(
      tags.some((tag) => /^(backup-restore|created-by)-/.test(tag)),
      `${name}: ${tags.join()}`,
    );
  }

  const made = await callsMade(host);
  t.deepEqual(
    made.filter(({ line }) => line === undefined),
    [],
  );
  t.false(made.some(({ service }) => service.startsWith('admin.vm.device.')));
  const text = await readFile(join(host.root, 'policy.d', FILE), 'utf8');
  const facts = await factsWithin(host, restored);
  const folder = await temporaryFolder(t);
  // The daemon asks whether the disposable may see a qube, as if it called for that one.
  const seen = { service: 'admin.vm.List', argument: '', source: DISPOSABLE, target: 'office' };
  const verdict = loadPolicy([join(host.root, 'policy.d')]).evaluate(seen, facts);
  const calls = [...made, { ...seen, line: verdict.rule?.line }];
  for (const [index, rule] of text.split('\n').entries()) {
    if (rule === '' || rule.startsWith('#')) continue;
    const decided = calls.filter(({ line }) => line === index + 1);
    t.true(decided.length > 0, `no call needs: ${rule}`);
    await writeFile(join(folder, FILE), text.split('\n').toSpliced(index, 1, '').join('\n'));
    const without = loadPolicy([folder]);
    const denied = decided.map((call) => without.evaluate(call, facts).kind);
    t.true(
      denied.every((kind) => kind === 'deny'),
      `another line allows what needs: ${rule}`,
    );
  }
});

test('a call that policy does not allow is told, and the exit status inside is ours', async (t) => {
  const host = await sandboxHost(t);
  await host.setPolicy('admin.vm.notes.Set');
  const poorer = await host.restore([
    '--exclude',
    'alone',
    '--exclude',
    'disp-office',
    ...host.args,
  ]);
  t.is(poorer.exitCode, 7, poorer.stderr);
  t.regex(poorer.stderr + poorer.text, /notes.*(refused|denied)|(refused|denied).*notes/i);
  await host.setPolicy('qubes.RestoreById');
  const nothing = await host.restore(host.args);
  t.is(nothing.exitCode, 3, nothing.stderr);
  t.regex(nothing.stderr, /Cannot read the backup from work: the call was refused/);
});

test('after a crash nothing half made starts, and the next run clears it away', async (t) => {
  const host = await sandboxHost(t);
  const kill = host.start(host.args);
  t.teardown(() => kill('SIGKILL'));
  await untilTagged(host, 'office', 'backup-restore-in-progress');
  await t.throwsAsync(host.client.qube('office').start(), { instanceOf: QubesVMError });
  t.is(await kill('SIGKILL'), 'SIGKILL');
  t.true((await host.client.qube(DISPOSABLE).tags.list()).includes('backup-restore-mgmt'));

  const again = await host.restore(['-x', 'alone', '-x', 'disp-office', ...host.args]);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stderr, /^Removed office, which was left half restored$/m);
  const tags = await Promise.all(
    (await host.client.list()).map(({ name }) => host.client.qube(name).tags.list()),
  );
  t.deepEqual(
    tags.flat().filter((tag) => /^(backup-restore-|created-by-)/.test(tag)),
    [],
  );
});

test('Ctrl-C takes back what is not complete, and all rights', async (t) => {
  const host = await sandboxHost(t);
  const end = host.start(host.args);
  t.teardown(() => end('SIGKILL'));
  await untilTagged(host, 'office', 'backup-restore-in-progress');
  t.is(await end('SIGINT'), 130);
  const names = (await host.client.list()).map(({ name }) => name);
  t.deepEqual(
    names.filter((name) => [DISPOSABLE, 'base', 'office', 'alone'].includes(name)),
    [],
  );
  t.false(await host.client.qube('work').tags.has('backup-restore-storage'));
});

test('the passphrase is typed in a terminal of the disposable', async (t) => {
  const host = await sandboxHost(t);
  await host.program('qubes.WaitForSession', 'exit 0');
  const secret = host.args[1] ?? '';
  await host.program(
    'xterm',
    `test "$1" = -version && exit 0
while test "$1" != -e; do shift; done; shift
exec script -q -e -c "$*" /dev/null <'${secret}' >/dev/null`,
  );
  const { exitCode, text, stderr } = await host.restore([
    '--yes',
    '--auto-close',
    '-x',
    'office',
    '-x',
    'disp-office',
  ]);
  t.is(exitCode, 0, text + stderr);
  t.regex(text, /\nexit code: 0\n$/);
  t.false(text.includes((await readFile(secret, 'utf8')).trim()));
  t.true((await host.client.list()).some(({ name }) => name === 'alone'));
});

/** Waits until a qube is there and has a tag. */
async function untilTagged({ client }: SandboxHost, qube: string, tag: string): Promise<void> {
  for (;;) {
    const tags = await client
      .qube(qube)
      .tags.list()
      .catch((): readonly string[] => []);
    if (tags.includes(tag)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
