// The program as it is installed, on backups that Qubes OS wrote.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { reportEvent, type SummaryEvent } from '../../lib/base/report.ts';
import { fixtureBackup } from '../support/fixture-backup.ts';
import { runProgram, type RunOptions, type RunResult } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let GZIP: Awaited<ReturnType<typeof fixtureBackup>>;

/** Runs qubes-restore; the passphrase comes on descriptor 3. */
async function restore(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  return await runProgram(program, args, {
    descriptors: { 3: `${GZIP.manifest.passphrase}\n` },
    ...options,
  });
}

const KEY = ['--passphrase-file', '/dev/fd/3'] as const;

function events(ran: RunResult) {
  return ran.json().map((line) => reportEvent.parse(line));
}

/** The last line of a run with --json. */
function summary(ran: RunResult): SummaryEvent {
  const last = events(ran).at(-1);
  if (last?.type !== 'summary') throw new Error(`no summary: ${ran.text}${ran.stderr}`);
  return last;
}

/** Name of every part and its digest. */
function digests({ qubes }: SummaryEvent): Record<string, string | undefined> {
  const parts = qubes.flatMap((qube) =>
    qube.parts.map((part) => [`${qube.name}:${part.part}`, part.sha256] as const),
  );
  return Object.fromEntries(parts);
}

/** An embedded system with a qube `vault` that has the backup. */
async function systemWith(t: ExecutionContext, archive: string) {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'home', 'vault'), { recursive: true });
  await cp(archive, join(root, 'home', 'vault', 'backup'));
  await symlink(join(await builtFolder(), 'services'), join(root, 'qubes-rpc'));
  return {
    system: ['--root', root, '--from', 'vault'],
    from: ['--root', root, '--from', 'vault', 'backup'],
  };
}

test.before(async () => {
  GZIP = await fixtureBackup('v4-gzip');
  await builtFolder();
});

test.serial(
  'info shows the header without a passphrase, and that it is not verified',
  async (t) => {
    const ran = await restore(['info', GZIP.path, '--json'], { descriptors: {} });
    t.is(ran.exitCode, 0);
    t.deepEqual(
      events(ran).map((event) => event.type === 'info' && [event.header.backupId, event.verified]),
      [[GZIP.manifest.header['backup-id'], false]],
    );
  },
);

test.serial('list names every qube with class, label and template', async (t) => {
  const ran = await restore(['list', GZIP.path, ...KEY]);
  t.is(ran.exitCode, 0, ran.stderr);
  const rows = ran.text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(0, 4));
  const known = Object.entries(GZIP.manifest.vms).map(([name, { klass, label, template }]) => [
    ...[name, klass, label],
    template ?? '-',
  ]);
  t.deepEqual(
    rows.filter(([name]) => name !== undefined && name in GZIP.manifest.vms),
    known,
  );
});

for (const name of ['v4-gzip', 'v4-zstd', 'v4-multichunk'] as const) {
  test.serial(`verify finds ${name} complete, with the digests of its manifest`, async (t) => {
    const { path, manifest } = await fixtureBackup(name);
    const ran = await restore(['verify', path, ...KEY, '--json']);
    t.is(ran.exitCode, 0, ran.stderr);
    const found = digests(summary(ran));
    for (const [qube, { volumes }] of Object.entries(manifest.vms)) {
      for (const [volume, { sha256 }] of Object.entries(volumes)) {
        t.is(found[`${qube}:${volume}`], sha256, `${qube}:${volume}`);
      }
    }
  });
}

test.serial(
  'verify reads a backup from standard input, with the passphrase in a file',
  async (t) => {
    const ran = await restore(['verify', '-', ...KEY], { input: await readFile(GZIP.path) });
    t.is(ran.exitCode, 0, ran.stderr);
    t.regex(ran.stderr, /^All is well: \d+ parts/);
  },
);

test.serial('a folder that cannot be made ends extract at once', async (t) => {
  const ran = await restore(['extract', GZIP.path, ...KEY, '--into', '/proc/none/such']);
  t.is(ran.exitCode, 6);
  t.regex(ran.stderr, /Cannot create the folder \/proc\/none\/such: it does not exist/);
});

test.serial('a part that is asked for by its name and is not there is missing', async (t) => {
  for (const args of [
    ['verify', GZIP.path, 'vault:firewall.xml'],
    ['cat', GZIP.path, 'vault:firewall.xml'],
  ]) {
    const ran = await restore([...args, ...KEY]);
    t.is(ran.exitCode, 5, args.join(' '));
    t.regex(ran.stderr, /vault:firewall\.xml: It should be in the backup and is not/);
  }
  const whole = await restore(['verify', GZIP.path, 'vault', ...KEY]);
  t.is(whole.exitCode, 0, 'nobody misses it unasked');
});

test.serial('out of a qube: all of it, some of it, and one part', async (t) => {
  const { from } = await systemWith(t, GZIP.path);
  const all = await restore(['verify', ...from, ...KEY, '--json']);
  t.is(all.exitCode, 0, all.stderr);
  const some = await restore(['verify', ...from, 'sys-net', 'work:private', ...KEY, '--json']);
  t.is(some.exitCode, 0, some.stderr);
  const chosen = summary(some)
    .qubes.filter(({ selected }) => selected)
    .map(({ name }) => name);
  t.deepEqual(chosen.sort(), ['sys-net', 'work']);
  t.true(summary(some).archiveBytes < summary(all).archiveBytes / 2);
  const one = await restore(['cat', ...from, 'work:private', ...KEY]);
  t.is(sha256(one.stdout), expected('work', 'private'));
});

test.serial('what the service of the qube says is told when it fails', async (t) => {
  const { system } = await systemWith(t, GZIP.path);
  const ran = await restore(['list', ...system, 'nothing-here', ...KEY]);
  t.is(ran.exitCode, 3);
  t.regex(ran.stderr, /from vault: .*exit status 2.*Invalid file or command: nothing-here/);
});

test.serial('cat gives the volume with the digest of the manifest', async (t) => {
  const ran = await restore(['cat', GZIP.path, 'debian-12-custom:root', ...KEY]);
  t.is(ran.exitCode, 0, ran.stderr);
  t.is(sha256(ran.stdout), expected('debian-12-custom', 'root'));
});

test.serial('extract writes what was chosen, and run again does nothing twice', async (t) => {
  const into = join(await temporaryFolder(t), 'out');
  const line = [
    'extract',
    GZIP.path,
    '--into',
    into,
    'work',
    '--exclude',
    'work:notes.txt',
    ...KEY,
  ];
  const first = await restore([...line, '--json']);
  t.is(first.exitCode, 0, first.stderr);
  const files = (await readdir(join(into, 'work'))).sort();
  t.deepEqual(files, ['firewall.xml', 'private.img', 'whitelisted-appmenus.list']);
  const image = join(into, 'work', 'private.img');
  const hash = createHash('sha256');
  await pipeline(createReadStream(image), hash);
  t.is(hash.digest('hex'), expected('work', 'private'));
  const before = await stat(image);
  const second = summary(await restore([...line, '--json']));
  t.is(second.exitCode, 0);
  const work = second.qubes.find(({ name }) => name === 'work');
  t.true(work?.parts.every(({ status, resumed }) => status === 'skipped' || resumed === true));
  t.is((await stat(image)).ino, before.ino);
});

test.serial('a wrong passphrase ends in exit status 4', async (t) => {
  const ran = await restore(['list', GZIP.path, ...KEY], { descriptors: { 3: 'wrong\n' } });
  t.is(ran.exitCode, 4);
  t.regex(ran.stderr, /^error: .*wrong passphrase/m);
});

test.serial('white space behind the passphrase in its file does no harm', async (t) => {
  const key = `${GZIP.manifest.passphrase}  \n`;
  const ran = await restore(['list', GZIP.path, ...KEY], { descriptors: { 3: key } });
  t.is(ran.exitCode, 0, ran.stderr);
});

test.serial('what is no backup, or is not there, ends in exit status 3', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'text'), 'this is no backup'.repeat(1000));
  for (const archive of [join(folder, 'text'), join(folder, 'absent')]) {
    const ran = await restore(['verify', archive, ...KEY, '--json']);
    t.is(ran.exitCode, 3, ran.text);
    t.like(events(ran)[0], { type: 'error', code: 'not-readable' });
  }
});

test.serial('an unknown qube or part ends in exit status 2', async (t) => {
  for (const part of ['nobody', 'work:root.img']) {
    const ran = await restore(['verify', GZIP.path, part, ...KEY]);
    t.is(ran.exitCode, 2, ran.stderr);
  }
});

test.serial(
  'a backup that was cut off ends in exit status 5 and names what is missing',
  async (t) => {
    const archive = join(await temporaryFolder(t), 'cut');
    await cp(GZIP.path, archive);
    await truncate(archive, 700_000);
    const ran = await restore(['verify', archive, ...KEY, '--json']);
    t.is(ran.exitCode, 5, ran.stderr);
    const { ok, qubes } = summary(ran);
    t.false(ok);
    const bad = qubes.flatMap(({ name, parts }) =>
      parts.filter(({ status }) => status !== 'ok').map(({ part }) => `${name}:${part}`),
    );
    t.true(bad.includes('work:private'), bad.join());
  },
);

test.serial(
  'a program that is missing is told before anything is read: exit status 6',
  async (t) => {
    const { path } = await fixtureBackup('v4-zstd');
    const bare = await temporaryFolder(t);
    await symlink(process.execPath, join(bare, 'node'));
    const ran = await restore(['verify', path, ...KEY], { env: { PATH: bare } });
    t.is(ran.exitCode, 6);
    t.regex(ran.stderr, /zstd/);
  },
);

test.serial('a run stuck on a silent source ends by --stall-timeout, or by SIGINT', async (t) => {
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  const start = (...args: string[]) =>
    execa(program, ['verify', '-', ...args, '--passphrase-file', 'pass'], {
      cwd: folder,
      stdin: 'pipe',
      reject: false,
      timeout: 20_000,
      env: { NODE_EXTRA_CA_CERTS: undefined },
    });
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'pass'), `${GZIP.manifest.passphrase}\n`);
  const beginning = (await readFile(GZIP.path)).subarray(0, 200_000);

  const stalled = start('--stall-timeout', '1');
  stalled.stdin.write(beginning);
  const { exitCode, stderr } = await stalled;
  t.is(exitCode, 3, stderr);
  t.regex(stderr, /no byte has come for 1 seconds/);

  const interrupted = start('--json');
  interrupted.stdin.write(beginning);
  await new Promise((resolve) => interrupted.stdout.once('data', resolve));
  const began = performance.now();
  interrupted.kill('SIGINT');
  const ended = await interrupted;
  t.is(ended.exitCode, 130);
  t.true(performance.now() - began < 1000);
  t.regex(ended.stdout, /"type":"summary".*"exitCode":130.*$/);
});

/** The digest that the manifest has for a volume. */
function expected(qube: string, volume: string): string {
  return GZIP.manifest.vms[qube]?.volumes[volume]?.sha256 ?? 'none';
}

/** Standard output of `cat`: its digest. */
function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
