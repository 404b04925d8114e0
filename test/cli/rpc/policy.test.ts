// qubes-rpc policy, on policy files and facts of its own, and on an embedded system.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

import { rpcLine } from '../../../lib/base/rpc-report.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import { adminSocket, exchange } from '../../support/embedded-system.ts';
import { policyFiles, SYSTEM_INFO } from '../../support/policy.ts';
import { type RunOptions, runProgram, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const POLICY = `# rules
test.A * vault @anyvm deny
test.A * work vault allow user=root autostart=no
test.A * work @anyvm ask default_target=dvm
test.B * work distant allow
`;

let program = '';

test.before(async () => {
  program = await bundledProgram('lib/cli/qubes-rpc.main.ts');
});

type Run = (line: string, options?: RunOptions) => Promise<RunResult>;

/** qubes-rpc policy with a folder of policy and facts. */
async function place(
  t: ExecutionContext,
  files: Readonly<Record<string, string>> = { 'etc/30-a.policy': POLICY },
): Promise<{ root: string; run: Run }> {
  const root = await policyFiles(t, files);
  await writeFile(join(root, 'facts'), SYSTEM_INFO);
  const where = ['--folder', join(root, 'run'), '--folder', join(root, 'etc')];
  const run: Run = (line, options) => {
    const args = ['policy', ...where, '--facts', join(root, 'facts'), ...line.split(' ')];
    return runProgram(process.execPath, [program, ...args], options);
  };
  return { root, run };
}

test.serial('check says what becomes of a call, and its status says it too', async (t) => {
  const { root, run } = await place(t);
  const file = join(root, 'etc', '30-a.policy');
  const allowed = await run('check test.A work vault');
  t.is(
    allowed.text,
    `allow: to vault, as user root, if it runs\n${file}:3: test.A * work vault allow user=root autostart=no\n`,
  );
  t.is(allowed.exitCode, 0);
  const asked = await run('check test.A+x work @default');
  t.regex(
    asked.text,
    /^ask: to @dispvm:dvm, @dispvm:other-dvm, distant by test\.Relay\+@default\+test\.A\+x in vault, /,
  );
  t.is(asked.exitCode, 8);
  const denied = await run('check test.A vault work');
  t.is(denied.text, `deny: the rule denies it\n${file}:2: test.A * vault @anyvm deny\n`);
  t.is(denied.exitCode, 7);
  const unruled = await run('check test.C work vault');
  t.is(unruled.text, 'deny: no rule matches it\n');
  t.is(unruled.exitCode, 7);
});

test.serial('check for programs', async (t) => {
  const { root, run } = await place(t);
  const file = join(root, 'etc', '30-a.policy');
  const line = async (asked: string): Promise<unknown> => {
    const [first, ...others] = (await run(`check ${asked} --json`)).json();
    t.deepEqual(others, []);
    return rpcLine.parse(first);
  };
  t.deepEqual(await line('test.B+x work distant'), {
    type: 'verdict',
    service: 'test.B',
    argument: 'x',
    source: 'work',
    target: 'distant',
    verdict: 'allow',
    targets: ['distant'],
    relay: { qube: 'vault', service: 'test.Relay+distant+test.B+x' },
    autostart: true,
    notify: false,
    rule: { file, line: 5, text: 'test.B * work distant allow' },
  });
  t.like(await line('test.A work personal'), { verdict: 'ask', defaultTarget: 'dvm' });
  t.like(await line('test.C work vault'), {
    verdict: 'deny',
    targets: [],
    reason: 'no rule matches it',
  });
});

test.serial('explain shows the lines that were looked at', async (t) => {
  const { root, run } = await place(t);
  const file = join(root, 'etc', '30-a.policy');
  const explained = await run('explain test.A work vault');
  t.is(explained.exitCode, 0);
  t.is(
    explained.text,
    [
      `${file}:2\ttest.A * vault @anyvm deny\tanother source`,
      `${file}:3\ttest.A * work vault allow user=root autostart=no\tdecides`,
      'allow: to vault, as user root, if it runs',
      `${file}:3: test.A * work vault allow user=root autostart=no\n`,
    ].join('\n'),
  );
  const types = (await run('explain test.A work vault --json'))
    .json()
    .map((one) => rpcLine.parse(one));
  t.deepEqual(
    types.map((one) => [one.type, 'difference' in one ? one.difference : undefined]),
    [
      ['compared', 'source'],
      ['compared', undefined],
      ['verdict', undefined],
    ],
  );
});

test.serial('what cannot be asked is refused', async (t) => {
  const { run } = await place(t);
  for (const [asked, said] of [
    ['check test.A dom0 vault', /Calls of dom0 are not judged/],
    ['check test.A nosuch vault', /There is no qube nosuch/],
    ['check test.A work', /"policy check" takes SERVICE\[\+ARG\] SOURCE TARGET/],
    ['check test/A work vault', /SERVICE\[\+ARG\]/],
    [`check ${'a'.repeat(64)} work vault`, /longer than 63/],
    ['judge test.A work vault', /it is one of check, explain, lint/],
  ] as const) {
    const ran = await run(asked);
    t.is(ran.exitCode, 2, asked);
    t.regex(ran.stderr, said);
  }
  const wrong = await run('check test.A work vault --facts /dev/null');
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /facts about the system are no JSON/);
});

test.serial(
  'a policy that is wrong is told, by check the first line and by lint every one',
  async (t) => {
    const files = { 'etc/30-a.policy': 'test.A * work vault\ntest.A * gone vault allow\nx\n' };
    const { root, run } = await place(t, files);
    const file = join(root, 'etc', '30-a.policy');
    const checked = await run('check test.A work vault');
    t.is(checked.exitCode, 5);
    t.regex(checked.stderr, /30-a\.policy:1: wrong number of fields.*\(and 1 more\)/);
    const linted = await run('lint');
    t.is(linted.exitCode, 5);
    t.deepEqual(
      linted.text
        .split('\n')
        .map((line) => line.replace(`${file}:`, '').replace(/fields.*actio./, 'fields')),
      [
        '1: wrong number of fields (error)',
        '2: there is no qube gone (warning)',
        '3: wrong number of fields (error)',
        '',
      ],
    );
    t.like(rpcLine.parse((await run('lint --json')).json()[1]), {
      type: 'finding',
      severity: 'warning',
      line: 2,
    });
    const other = join(root, 'other');
    await writeFile(other, 'test.A * @type:Nothing vault allow\n');
    const single = await run(`lint ${other}`);
    t.is(single.exitCode, 0);
    t.is(single.text, `${other}:1: there is no class Nothing of qubes (warning)\n`);
  },
);

test.serial(
  'an embedded system has the policy that belongs to the program, and its host knows the qubes',
  async (t) => {
    const root = join(await temporaryFolder(t), 'system');
    const installed = join(await builtFolder(), 'bin', 'qubes-rpc');
    const run = (line: string): Promise<RunResult> =>
      runProgram(installed, line.split(' '), { env: { QUBES_RPC_ROOT: root } });
    t.teardown(() => run('host stop').then(() => undefined));
    t.is((await run('init --sample')).exitCode, 0);
    const linted = await run('policy lint');
    t.deepEqual([linted.text, linted.exitCode], ['', 0]);
    t.is((await run('policy check admin.vm.List work @adminvm')).exitCode, 7);
    await writeFile(
      join(root, 'policy.d', '30-user.policy'),
      'admin.vm.List * work @adminvm allow\nadmin.vm.List * work @type:TemplateVM allow target=dom0\n',
    );
    const checked = await run('policy check admin.vm.List work fedora-41');
    t.regex(checked.text, /^allow: to dom0\n.*30-user\.policy:2: /);
    const seen = await exchange(adminSocket(root), 'admin.vm.List+ work name dom0\0');
    t.deepEqual(
      [...Buffer.from(seen).subarray(2).toString().matchAll(/^\S+/gm)].map(([name]) => name),
      ['dom0', 'fedora-41'],
    );
  },
);
