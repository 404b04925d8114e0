// A management qube restores, by qrexec and with exactly the policy that is shipped; another may not.
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import { reportEvent } from '../../lib/base/report.ts';
import { runProgram, type RunResult } from '../support/run-program.ts';
import { sandboxHost, type SandboxHost } from '../support/sandbox-host.ts';
import { builtFolder } from '../support/service-process.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'policy');
const MANAGER = 'personal';

/** Restores from inside a qube. */
async function restoreAs(host: SandboxHost, qube: string): Promise<RunResult> {
  const bin = join(await builtFolder(), 'bin');
  const fewer = ['-x', 'alone', '-x', 'disp-office'];
  const where = ['--qrexec', '--from', 'work', ...host.args];
  const args = ['run', '--json', '--yes', ...fewer, ...where, 'archive'];
  await host.program('qubes.TestRestore', `exec ${join(bin, 'qubes-restore')} ${args.join(' ')}`);
  return runProgram(
    join(bin, 'qubes-rpc'),
    ['run', '--root', host.root, qube, 'qubes.TestRestore'],
    {
      timeout: 100_000,
      env: { NODE_EXTRA_CA_CERTS: undefined },
    },
  );
}

/** What policy has refused to a qube: services, and the line where one decided. */
async function refusedTo({ root }: SandboxHost, qube: string): Promise<readonly string[]> {
  const log = await readFile(join(root, 'run', 'qrexec.log'), 'utf8');
  const lines = [...log.matchAll(/^qrexec: (\S+): (\S+) -> \S+: (.*)$/gm)];
  return lines.flatMap(([, called = '', source, end = '']) =>
    source === qube && !end.startsWith('allowed') ? [`${called}: ${end}`] : [],
  );
}

test('a management qube restores with the shipped policy, and a qube without rights nothing', async (t) => {
  const host = await sandboxHost(t);
  const { client, root } = host;
  await rm(join(root, 'policy.d'), { recursive: true });
  await cp(SHIPPED, join(root, 'policy.d'), { recursive: true });
  await client.qube(MANAGER).tags.add('backup-manager');
  await client.qube(MANAGER).features.set('tag-created-vm-with', 'backup-managed');
  await client.qube('work').tags.add('backup-storage');

  const denied = await restoreAs(host, 'untrusted');
  t.not(denied.exitCode, 0);
  const refused = await refusedTo(host, 'untrusted');
  t.true(
    refused.some((one) => /^qubes\.Restore\+: .*80-qubes-restore\.policy/.test(one)),
    refused.join('\n'),
  );

  const ran = await restoreAs(host, MANAGER);
  t.is(ran.exitCode, 0, ran.text + ran.stderr);
  t.deepEqual(await refusedTo(host, MANAGER), []);
  const summary = ran
    .json()
    .map((line) => reportEvent.parse(line))
    .at(-1);
  if (summary?.type !== 'summary') return t.fail(ran.text);
  const digests = new Map<string, string | undefined>(
    summary.qubes.flatMap(({ name, parts }) =>
      parts.map(({ part, sha256 }) => [`${name} ${part}`, sha256] as const),
    ),
  );
  for (const volume of ['base root', 'base private', 'office private']) {
    t.is(digests.get(volume), host.digests.get(volume), volume);
  }
  for (const name of ['base', 'office']) {
    const tags = await client.qube(name).tags.list();
    t.true(tags.includes('backup-managed'), name);
    t.false(tags.includes('backup-restore-in-progress'), name);
  }
});
