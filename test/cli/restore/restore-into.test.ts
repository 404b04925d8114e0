// qubes-restore plan and run, as programs, against the host of an embedded system.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { reportEvent } from '../../../lib/base/report.ts';
import { restorePlan } from '../../../lib/base/restore-plan.ts';
import { makeBackup, type MadeBackup } from '../../support/make-backup.ts';
import { RESTORED } from '../../support/restore-spec.ts';
import { emptySystem, type RestoreSystem } from '../../support/restore-system.ts';
import { type RunResult, runProgram } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ALL = ['banking', 'debian', 'dvm', 'named-disp', 'net'];

let made: MadeBackup;
let program: string;

test.before(async () => {
  made = await makeBackup(await temporaryFolder({ teardown: () => undefined }), RESTORED);
  program = join(await builtFolder(), 'bin', 'qubes-restore');
});

interface Bench extends RestoreSystem {
  readonly folder: string;
  /** Runs the program with the passphrase in a file. */
  readonly run: (line: string) => Promise<RunResult>;
  /** All qubes but dom0. */
  readonly names: () => Promise<string[]>;
  readonly environment: Record<string, string>;
}

async function bench(t: ExecutionContext): Promise<Bench> {
  const system = await emptySystem(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'pass'), `${made.manifest.passphrase}\n`);
  const environment = { QUBES_RPC_ROOT: system.root, HOME: system.home };
  return {
    ...{ ...system, folder, environment },
    run: (line) =>
      runProgram(program, [...line.split(' '), '-p', 'pass', made.path], {
        ...{ cwd: folder, env: environment },
      }),
    names: async () =>
      (await system.client.list()).map(({ name }) => name).filter((name) => name !== 'dom0'),
  };
}

test.serial('a plan is shown and saved, edited, and carried out as it is', async (t) => {
  const { run, names, client, folder } = await bench(t);
  const shown = await run('plan --json --output plan.json -x dom0');
  t.is(shown.exitCode, 0, shown.stderr);
  const [plan, summary] = shown.json().map((line) => reportEvent.parse(line));
  t.like(summary, { type: 'summary', command: 'plan', ok: true });
  const saved = restorePlan.parse(JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')));
  t.deepEqual(saved, plan as typeof saved);
  t.deepEqual(await names(), [], 'nothing was changed');

  const qubes = saved.qubes.map((qube) =>
    qube.name === 'banking'
      ? { ...qube, newName: 'bank', label: 'purple', properties: { memory: '444' } }
      : { ...qube, action: qube.name === 'dvm' || qube.class === 'DispVM' ? 'skip' : qube.action },
  );
  await writeFile(join(folder, 'plan.json'), JSON.stringify({ ...saved, qubes }));
  const ran = await run('run --plan plan.json');
  t.is(ran.exitCode, 0, ran.stderr);
  t.deepEqual(await names(), ['bank', 'debian', 'net']);
  const bank = client.qube('bank');
  t.is((await bank.properties.get('label')).value, 'purple');
  t.is((await bank.properties.get('memory')).value, '444');
  t.is((await bank.properties.get('netvm')).value, 'net');

  const endless = await run('run --plan /dev/zero');
  t.is(endless.exitCode, 6);
  t.regex(endless.stderr, /Cannot read the plan \/dev\/zero: There are more than 67108864 bytes/);
  const again = await run('run --plan plan.json');
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /banking: there is a qube bank already/);
});

test.serial(
  'conflicts and what is missing stop the run, unless an option settles them',
  async (t) => {
    const { run, names, client } = await bench(t);
    const stopped = await run('run --skip-dom0-home -x debian');
    t.is(stopped.exitCode, 2);
    t.regex(stopped.stderr, /banking: no template debian on the host or among what is restored/);
    t.deepEqual(await names(), []);

    t.is((await run('run --verify-only')).exitCode, 0);
    t.deepEqual(await names(), [], 'to verify is not to restore');

    const broken = await run('run --skip-dom0-home --skip-broken -x debian');
    t.is(broken.exitCode, 0, broken.stderr);
    t.deepEqual(await names(), ['net']);

    await client.system.set('default_template', '');
    const conflict = await run('run -x dom0');
    t.is(conflict.exitCode, 2);
    t.regex(conflict.stderr, /net: there is a qube net already/);
    t.regex(conflict.stderr, /--rename-conflicting/);

    const renamed = await run('run -x dom0 --rename-conflicting');
    t.is(renamed.exitCode, 0, renamed.stderr);
    t.deepEqual(await names(), [...ALL, 'net-1']);
    t.is((await client.qube('banking').properties.get('netvm')).value, 'net-1');

    t.is((await run('run -x dom0 --skip-conflicting')).exitCode, 2, 'nothing is left to restore');
  },
);

test.serial('on a terminal the plan is shown, changed and agreed to', async (t) => {
  const { names, folder, environment } = await bench(t);
  const args = ['run', '--skip-dom0-home', made.path];
  const command = [program, ...args].join(' ');
  const child = execa(
    'script',
    ['--quiet', '--return', '--echo', 'always', '--command', command, '/dev/null'],
    {
      cwd: folder,
      env: { ...environment, TERM: 'xterm', NODE_EXTRA_CA_CERTS: undefined },
      ...{ reject: false, timeout: 60_000 },
    },
  );
  let unread = '';
  const answers: [RegExp, string][] = [
    [/masked/, `${made.manifest.passphrase}\r`],
    [/REMARKS[^]*Restore them\? \[y\/N\]/, 'banking=bank -named-disp -dvm\r'],
    [/will be bank[^]*Restore them\? \[y\/N\]/, 'y\r'],
  ];
  child.stdout.on('data', (block: Buffer) => {
    unread += block.toString();
    const [question, answer] = answers[0] ?? [];
    if (question?.test(unread) !== true) return;
    unread = '';
    answers.shift();
    child.stdin.write(answer ?? '');
  });
  const { exitCode, stdout } = await child;
  t.is(exitCode, 0, stdout);
  t.regex(stdout, /All is well/);
  t.deepEqual(await names(), ['bank', 'debian', 'net']);
});

test.serial('who cannot be asked must say so', async (t) => {
  const { folder, environment, names } = await bench(t);
  // The passphrase is asked for first.
  const { exitCode, stderr } = await runProgram('setsid', ['--wait', program, 'run', made.path], {
    ...{ cwd: folder, env: environment },
  });
  t.is(exitCode, 2);
  t.regex(stderr, /there is no terminal/);
  t.deepEqual(await names(), []);
});
