import { chmod, copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { makeSystem, startHost } from '../support/embedded-system.ts';
import { fixtureBackup } from '../support/fixture-backup.ts';
import { sessionStore } from '../support/recorded-session.ts';
import { runProgram, type RunResult } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { path: BACKUP, manifest: MANIFEST } = await fixtureBackup('v4-gzip');

/** What the system says is for programmers. */
const RAW = /\bE[A-Z]{4,}\b|\bERR_|no such file|illegal operation|node:|^ {4}at /m;

/** To root nothing is forbidden. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const isRoot = process.getuid?.() === 0;
const canBeNobody =
  !isRoot || !(await runProgram('setpriv', [...NOBODY.slice(1), 'true'])).exitCode;
/** Where root cannot become somebody else nothing is forbidden; the skip is counted. */
const asNobody = canBeNobody ? test : test.skip;

const APART = ['unshare', '--user', '--map-root-user', '--mount'];
const SMALL_DISK =
  'mount -t tmpfs -o size=64k tmpfs full && head -c 1M /dev/zero >full/rest 2>&- || :';
const mounted = await runProgram('unshare', [
  ...APART.slice(1),
  'mount',
  '-t',
  'tmpfs',
  'x',
  '/mnt',
]);
/** Where a process cannot have mounts of its own no disk can be made small; the skip is counted. */
const withMounts = mounted.exitCode ? test.skip : test;

/** A line, how it ends, and the first that it says on stderr; FOLDER is where it is said. */
type Case = readonly [line: string, status: number, message: string];

/** All that there may be in place of a file. */
async function newFolder(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  await copyFile(BACKUP, join(folder, 'backup'));
  await writeFile(join(folder, 'pass'), MANIFEST.passphrase);
  await writeFile(join(folder, 'file'), '<x');
  await writeFile(join(folder, 'not-for-you'), '', { mode: 0o600 });
  await mkdir(join(folder, 'folder'));
  await mkdir(join(folder, 'closed'), { mode: 0o700 });
  await symlink('loop', join(folder, 'loop'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
  t.teardown(() => void server.close());
  return folder;
}

async function say(
  folder: string,
  line: string,
  before: readonly string[] = [],
): Promise<RunResult> {
  const built = await builtFolder();
  await chmod(built, 0o755);
  const [program, ...args] = [...before, 'sh', '-c', `exec ${line}`];
  return runProgram(program, args, {
    cwd: folder,
    env: { PATH: `${join(built, 'bin')}:${process.env['PATH'] ?? ''}`, QUBES_RPC_ROOT: '' },
  });
}

/** Says all of the lines, and compares what comes of them. */
async function judge(
  t: ExecutionContext,
  folder: string,
  cases: readonly Case[],
  before?: readonly string[],
): Promise<void> {
  for (const [line, status, message] of cases) {
    const { exitCode, stderr, text } = await say(folder, line, before);
    const [first = ''] = stderr.replaceAll(folder, 'FOLDER').split('\n');
    t.deepEqual([line, exitCode, first], [line, status, message], stderr);
    t.notRegex(stderr + text, RAW);
  }
}

const list = (backup: string, pass = 'pass'): string => `qubes-restore list ${backup} -p ${pass}`;
const extract = (into: string): string => `qubes-restore extract backup -p pass --into ${into}`;

test('a backup or a passphrase that cannot be read', async (t) => {
  const passphrase = 'error: Cannot read the passphrase from';
  await judge(t, await newFolder(t), [
    [list('nowhere'), 3, 'error: Cannot open nowhere: it does not exist'],
    [list('file/x'), 3, 'error: Cannot open file/x: it is not a folder'],
    [list('folder'), 3, 'error: Cannot read folder: it is a folder, not a backup'],
    [list('loop'), 3, 'error: Cannot open loop: it is a link, and links are not followed'],
    [
      list('socket'),
      3,
      'error: Cannot open socket: it is a socket or a device, and nobody is behind it',
    ],
    [list('backup', 'nowhere'), 2, `${passphrase} nowhere: it does not exist`],
    [list('backup', 'folder'), 2, `${passphrase} folder: it is a folder`],
    [list('backup', 'file/x'), 2, `${passphrase} file/x: it is not a folder`],
  ]);
});

test('a place where nothing can be written', async (t) => {
  const disk = 'Cannot write to standard output: the disk is full';
  await judge(t, await newFolder(t), [
    [
      extract('loop'),
      6,
      'error: Cannot create the folder FOLDER/loop: it is a link, and links are not followed',
    ],
    [extract('file'), 6, 'error: Cannot open the folder FOLDER/file: it is not a folder'],
    [extract('file/x'), 6, 'error: Cannot create the folder FOLDER/file/x: it is not a folder'],
    [`${list('backup')} >/dev/full`, 6, `error: ${disk}`],
    ['qubes-restore --help >/dev/full', 6, `error: ${disk}`],
    ['qubes-rpc --help >/dev/full', 6, `error: ${disk}`],
    ['qubes-rpcd --help >/dev/full', 6, `error: ${disk}`],
  ]);
});

test('a folder that holds no system, or a broken one', async (t) => {
  const folder = await newFolder(t);
  const broken = ['host', 'lock', 'run', 'socket'].map((name) => join(folder, `no-${name}`));
  for (const path of broken) {
    await mkdir(path);
    await writeFile(join(path, 'qubes.xml'), sessionStore('start'));
  }
  await writeFile(join(folder, 'no-host', 'qubes.xml'), '<qubes');
  await mkdir(join(folder, 'no-lock', 'qubes.xml.lock'));
  await writeFile(join(folder, 'no-run', 'run'), '');
  await mkdir(join(folder, 'no-socket', 'run', 'qubesd.sock'), { recursive: true });
  const init = 'qubes-rpc init --root new --from';
  await judge(t, folder, [
    [
      'qubes-rpcd --root nowhere',
      6,
      'error: Cannot open the folder FOLDER/nowhere: it does not exist',
    ],
    ['qubes-rpcd --root file', 6, 'error: Cannot open the folder FOLDER/file: it is not a folder'],
    [
      'qubes-rpcd --root no-host',
      5,
      'error: Cannot read qubes.xml: it is not well-formed XML (malformed tag <qubes>) (qubes.xml, at stage content)',
    ],
    [
      'qubes-rpcd --root no-lock',
      6,
      'error: Cannot open FOLDER/no-lock/qubes.xml.lock: it is a folder',
    ],
    [
      'qubes-rpcd --root no-run',
      6,
      'error: Cannot read FOLDER/no-run/run/domains.json: it is not a folder. When it is removed, no qube runs.',
    ],
    [
      'qubes-rpcd --root no-socket',
      6,
      'error: Cannot listen on FOLDER/no-socket/run/qubesd.sock: it is a folder',
    ],
    [
      'qubes-rpc ls --root file',
      6,
      'error: Cannot connect to FOLDER/file/run/qubesd.sock: it is not a folder',
    ],
    ['qubes-rpc ls --socket nowhere', 6, 'error: There is no daemon on the socket nowhere'],
    [`${init} nowhere`, 6, 'error: Cannot read nowhere: it does not exist'],
    [`${init} folder`, 6, 'error: Cannot read folder: it is a folder'],
    [
      'qubes-rpc init --root file/x',
      6,
      'error: Cannot create the folder FOLDER/file/x: it is not a folder',
    ],
    [
      'qubes-rpc policy check a b c --folder file --facts folder',
      6,
      'error: Cannot read folder: it is a folder',
    ],
  ]);
  const { text } = await say(folder, 'qubes-rpc policy lint nowhere');
  t.regex(text, /nowhere is no file/);
});

test('a call in a folder that is not there leaves nothing', async (t) => {
  const folder = await newFolder(t);
  const before = await readdir(folder);
  const call = await say(folder, 'qubes-rpc run work qubes.X --root nowhere');
  t.is(call.exitCode, 126);
  t.regex(call.stderr, /^error: work: There is no qube work in the embedded system \(no folder /);
  t.deepEqual(await readdir(folder), before);
});

test('a file for a qube that cannot be read, or written', async (t) => {
  const folder = await newFolder(t);
  await makeSystem(join(folder, 'system'), sessionStore('start'));
  const host = await startHost(join(folder, 'system'));
  t.teardown(() => host.kill('SIGKILL'));
  const lines = (file: string): readonly string[] => [
    `qubes-rpc notes work --set ${file} --root system`,
    `qubes-rpc firewall work set ${file} --root system`,
    `qubes-rpc volume import work:private ${file} --root system`,
  ];
  const plan = 'qubes-restore plan backup -p pass --root system --output';
  const run = 'qubes-restore run backup -p pass --root system --plan';
  await judge(t, folder, [
    ...lines('nowhere').map(
      (line) => [line, 6, 'error: Cannot read nowhere: it does not exist'] as const,
    ),
    ...lines('folder').map(
      (line) => [line, 6, 'error: Cannot read folder: it is a folder'] as const,
    ),
    [`${run} nowhere`, 6, 'error: Cannot read the plan nowhere: it does not exist'],
    [`${run} folder`, 6, 'error: Cannot read the plan folder: it is a folder'],
    [`${plan} folder`, 6, 'error: Cannot write ./folder: it is a folder'],
    [`${plan} nowhere/plan`, 6, 'error: Cannot open the folder nowhere: it does not exist'],
  ]);
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.partial')),
    [],
  );
  host.kill('SIGTERM');
  await host.finished;
});

test('a service that cannot keep what it was told', async (t) => {
  const folder = await newFolder(t);
  const program = join(await builtFolder(), 'services', 'qubes.RegisterBackupLocation');
  const { exitCode, stderr } = await runProgram(program, [], {
    input: '/backup\n',
    env: { QREXEC_REMOTE_DOMAIN: 'work', XDG_RUNTIME_DIR: join(folder, 'file') },
  });
  t.is(exitCode, 1);
  t.regex(stderr, /^Cannot use \/\S+: it is not a folder\n$/);
});

asNobody('what somebody may not do (needs another user, for root)', async (t) => {
  const folder = await newFolder(t);
  await chmod(join(folder, 'not-for-you'), 0o000);
  await chmod(join(folder, 'closed'), 0o000);
  t.teardown(() => chmod(join(folder, 'closed'), 0o700));
  const denied = 'permission denied';
  await judge(
    t,
    folder,
    [
      [list('not-for-you'), 3, `error: Cannot open not-for-you: ${denied}`],
      [list('closed/x'), 3, `error: Cannot open closed/x: ${denied}`],
      [list('backup', 'closed/x'), 2, `error: Cannot read the passphrase from closed/x: ${denied}`],
      [extract('closed/x'), 6, `error: Cannot create the folder FOLDER/closed/x: ${denied}`],
      ['qubes-rpcd --root closed', 6, `error: Cannot open the folder FOLDER/closed: ${denied}`],
      ['qubes-rpc ls --socket closed/x', 6, `error: Cannot connect to closed/x: ${denied}`],
      [
        'qubes-rpc ls --root closed',
        6,
        `error: Cannot connect to FOLDER/closed/run/qubesd.sock: ${denied}`,
      ],
      [
        'qubes-rpc init --root closed/x',
        6,
        `error: Cannot create the folder FOLDER/closed/x: ${denied}`,
      ],
      [
        'qubes-rpc policy check a b c --folder folder --facts not-for-you',
        6,
        `error: Cannot read not-for-you: ${denied}`,
      ],
    ],
    isRoot ? NOBODY : [],
  );
  const { stderr } = await say(
    folder,
    'qubes-rpc policy check a b c --folder folder --facts not-for-you',
    isRoot ? NOBODY : [],
  );
  t.notRegex(stderr, /Choose a folder/, 'another folder to write to is no help');
});

withMounts('a full disk (needs mounts)', async (t) => {
  const folder = await newFolder(t);
  await mkdir(join(folder, 'full'));
  await makeSystem(join(folder, 'system'), sessionStore('start'));
  const host = await startHost(join(folder, 'system'));
  t.teardown(() => host.kill('SIGKILL'));
  await writeFile(join(folder, 'data'), Buffer.alloc(2 ** 20, 1));
  const imported = await say(folder, 'qubes-rpc volume import work:private data --root system');
  t.is(imported.exitCode, 0, imported.stderr);
  const full = 'the disk is full';
  const onFull = (line: string): string => `sh -c '${SMALL_DISK}; ${line}'`;
  await judge(
    t,
    folder,
    [
      [onFull(extract('full/out')), 6, `error: Cannot write FOLDER/full/out/qubes.xml: ${full}`],
      [
        onFull('qubes-restore plan backup -p pass --root system --output full/plan'),
        6,
        `error: Cannot write full/plan: ${full}`,
      ],
      [
        onFull('qubes-rpc volume export work:private full/image --root system'),
        6,
        `error: Cannot write full/image: ${full}`,
      ],
    ],
    APART,
  );
  host.kill('SIGTERM');
  await host.finished;
});
