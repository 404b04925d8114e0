// The life of qubes, through the program as it is installed and the real host.
import {
  chmod,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { type RpcLine, rpcLine } from '../../../lib/base/rpc-report.ts';
import { MiB } from '../../../lib/base/size.ts';
import { QubesDbClient } from '../../../lib/qubesdb/client.ts';
import { databaseSocket } from '../../support/qubesdb.ts';
import { runProgram, type RunOptions, type RunResult } from '../../support/run-program.ts';
import { builtFolder } from '../../support/service-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Runs one command line; words are parted by single spaces. */
type Run = (line: string, options?: RunOptions) => Promise<RunResult>;

interface Place {
  readonly root: string;
  readonly program: string;
  readonly run: Run;
  /** The same, which must succeed; what it wrote. */
  readonly did: (line: string, options?: RunOptions) => Promise<string>;
  /** The lines it writes with --json. */
  readonly told: (line: string) => Promise<readonly RpcLine[]>;
}

const TIB = 1024 ** 4;

/** A disk, as a qube tells of it in its QubesDB. */
const DISK = { desc: 'ACME_Disk (USB_Stick)', size: '16000000000', mode: 'w' };

/** A system with the sample qubes. */
async function sampleSystem(t: ExecutionContext): Promise<Place> {
  const root = join(await temporaryFolder(t), 'system');
  const program = join(await builtFolder(), 'bin', 'qubes-rpc');
  const run: Run = (line, options = {}) =>
    runProgram(program, line.split(' '), { env: { QUBES_RPC_ROOT: root }, ...options });
  const did: Place['did'] = async (line, options) => {
    const ran = await run(line, options);
    t.is(ran.exitCode, 0, `${line}: ${ran.stderr}`);
    return ran.text;
  };
  const told: Place['told'] = async (line) =>
    (await run(`${line} --json`)).json().map((one) => rpcLine.parse(one));
  t.teardown(() => run('host stop').then(() => undefined));
  await did('init --sample');
  return { root, program, run, did, told };
}

/** A program that is a service of all qubes. */
async function addService({ root }: Place, name: string, script: string): Promise<void> {
  const path = join(root, 'qubes-rpc', name);
  await writeFile(path, `#!${process.execPath}\n${script}`);
  await chmod(path, 0o755);
}

/** Something in a file, with a hole of 64 MiB in its middle. */
async function sparseFile(path: string): Promise<Buffer> {
  const data = randomBytes(MiB);
  const file = await open(path, 'wx+');
  await file.write(data, 0, MiB, 0);
  await file.write(data, 0, MiB, 65 * MiB);
  await file.close();
  return readFile(path);
}

test.before(async () => {
  await builtFolder();
});

test.serial('a template, an app qube and a disposable live from creation to removal', async (t) => {
  const place = await sampleSystem(t);
  const { root, run, did, told } = place;
  const images = await temporaryFolder(t);
  const content = await sparseFile(join(images, 'root.img'));
  await writeFile(join(images, 'private.img'), randomBytes(3 * MiB));

  await did('create tpl -C TemplateVM -l black');
  await did(`volume import tpl:root ${join(images, 'root.img')}`);
  await did('create app -t tpl -l blue --prop netvm=sys-firewall --prop template_for_dispvms=True');
  await did('volume import app:private - --size 3M', {
    input: await readFile(join(images, 'private.img')),
  });
  await did('create disp -C DispVM -t app -l red');
  const volumes = await told('volume list tpl app');
  t.like(
    volumes.find((line) => line.type === 'volume' && line.qube === 'tpl' && line.name === 'root'),
    { size: content.length, saveOnStop: true },
  );

  await did('start app disp');
  t.is(
    await did('ls app disp sys-firewall sys-net -o NAME,STATE'),
    'app\tRunning\ndisp\tRunning\nsys-firewall\tRunning\nsys-net\tRunning\n',
  );

  const backend = await QubesDbClient.connect(databaseSocket(root, 'sys-net'));
  for (const [key, value] of Object.entries(DISK)) {
    await backend.write(`/qubes-block-devices/sda/${key}`, value);
  }
  await backend.close();
  t.is((await run('device block attach app sys-net:sdb')).exitCode, 2);
  await did('device block attach app sys-net:sda -o read-only=yes');
  await did('device block assign app sys-net:sda');
  const [disk] = await told('device block list app');
  t.like(disk, { type: 'device', backend: 'sys-net', port: 'sda', present: true });
  t.deepEqual(disk?.type === 'device' && disk.uses.map(({ qube, mode }) => `${qube} ${mode}`), [
    'app attached',
    'app auto-attach',
  ]);
  t.is((await told('device block list app'))[0]?.type, 'device');
  await did('device block detach app sys-net:sda');
  await did('device block unassign app sys-net:sda');
  t.is((await run('device block detach app sys-net:sda')).exitCode, 2);
  await did('device denied add app u03**** b******');
  t.is(await did('device denied list app'), 'b******\nu03****\n');
  await did('device denied remove app all');
  t.is(await did('device denied list app'), '');

  await did('firewall app add accept example.com tcp 443 comment=the_bank');
  await did('firewall app add --before 0 drop 10.0.0.0/8');
  await did('firewall app remove action=accept');
  t.is(
    await did('firewall app list'),
    '0\tdrop\t10.0.0.0/8\t-\t-\t-\t-\t-\t-\n' +
      '1\taccept\texample.com\ttcp\t443\t-\t-\t-\tthe_bank\n',
  );
  await did('firewall app reload');

  await addService(place, 'test.Echo', 'process.stdin.pipe(process.stdout);');
  t.is(await did('run app test.Echo', { input: 'in the qube' }), 'in the qube');

  await did('pause app');
  t.is(await did('ls app -o STATE'), 'Paused\n');
  await did('unpause app');
  t.is((await run('shutdown sys-net')).exitCode, 7, 'others need it');
  await did('kill disp');
  await did('shutdown --wait sys-net sys-firewall app');
  t.is(await did('ls --running -o NAME'), 'dom0\n');
  await did('remove disp -y');

  await did('clone app app-2');
  t.is(await did('firewall app-2 list'), await did('firewall app list'));
  t.is(await did('prefs app-2 netvm'), 'sys-firewall\n');
  const exported = join(images, 'exported.img');
  await did(`volume export app-2:private ${exported}`);
  t.true((await readFile(exported)).equals(await readFile(join(images, 'private.img'))));
  await did('clone app standalone --class StandaloneVM');
  const rootImage = join(images, 'standalone.img');
  await did(`volume export standalone:root ${rootImage}`);
  t.true((await readFile(rootImage)).equals(content));
  const { blocks } = await stat(rootImage);
  t.true(blocks * 512 < 8 * MiB, 'its hole is one');

  await did('remove app-2 standalone app tpl -y');
  t.deepEqual((await readdir(join(root, 'appvms'))).includes('app'), false);
  t.deepEqual((await readdir(join(root, 'vm-templates'))).includes('tpl'), false);
});

test.serial('volumes are looked at, resized, reverted, cleared and set', async (t) => {
  const { run, did, told } = await sampleSystem(t);
  t.regex(await did('volume info work:private'), /^size\t2147483648$/m);
  await did('volume resize work:private 3G');
  const shrunk = await run('volume resize work:private 1G --json');
  t.is(shrunk.exitCode, 2);
  t.regex(shrunk.text, /Will not shrink work:private from 3221225472 to 1073741824 bytes/);
  await did('volume import work:private - --size 4096', { input: 'a'.repeat(4096) });
  await did('volume resize work:private 1024 --force');
  await did('volume import work:private -', { input: 'b'.repeat(1024) });
  await did('volume clone work:private vault:private -y');
  t.is(await did('volume export vault:private -'), 'b'.repeat(1024));
  await did('volume clear vault:private --yes');
  t.is(await did('volume export vault:private -'), '\0'.repeat(1024));
  t.is((await run('volume clear vault:private')).exitCode, 2, 'nobody to ask');
  await did('volume set work:private revisions_to_keep 3');
  const [info] = await told('volume info work:private');
  t.like(info, { type: 'volume', revisionsToKeep: 3, size: 1024 });
  const revisions = info?.type === 'volume' ? (info.revisions ?? []) : [];
  t.true(revisions.length > 0);
  await did(`volume revert work:private ${revisions.at(-1) ?? ''}`);
  t.not(await did('volume export work:private -'), 'b'.repeat(1024));
  for (const [line, status] of [
    ['volume info work:nosuch', 7],
    ['volume info nosuch:private', 7],
    ['volume export work:root /dev/null/x', 6],
    ['volume export work:volatile -', 7],
    ['volume import work:private /nosuch', 6],
    ['volume revert vault:private nosuch', 7],
    ['volume set work:private rw maybe', 7],
  ] as const) {
    t.is((await run(line)).exitCode, status, line);
  }
});

test.serial('an import that is cut short leaves the old content', async (t) => {
  const { root, program, run, did } = await sampleSystem(t);
  await did('volume import work:private - --size 1M', { input: 'x'.repeat(MiB) });
  const few = await run('volume import work:private - --size 2M', { input: 'few' });
  t.is(few.exitCode, 7);
  t.regex(few.stderr, /not enough data \(copied 3 bytes, expected 2097152 bytes\)/);
  const many = await run('volume import work:private - --size 2', { input: 'many' });
  t.regex(many.stderr, /too much data \(expected 2 bytes\)/);

  const child = execa(program, ['volume', 'import', 'work:private', '-', '--size', '2M'], {
    ...{ env: { QUBES_RPC_ROOT: root }, reject: false, timeout: 20_000 },
    stdin: 'pipe',
  });
  child.stdin.write('y'.repeat(MiB));
  const importing = join(root, 'appvms', 'work', 'private-import.img');
  while ((await stat(importing).catch(() => undefined)) === undefined) await delay(10);
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  t.is(exitCode, 130, stderr);
  t.is(stderr, 'error: Interrupted by SIGINT');
  t.is(await did('volume export work:private -'), 'x'.repeat(MiB));
  // Nothing of it stands in the way of the next.
  await did('volume import work:private -', { input: 'z'.repeat(MiB) });
});

test.serial('a terabyte of holes is imported at once, and progress told as lines', async (t) => {
  const { did } = await sampleSystem(t);
  const file = join(await temporaryFolder(t), 'image');
  await writeFile(file, '');
  await truncate(file, TIB);
  const text = await did(`volume import work:private ${file} --json`);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => rpcLine.parse(JSON.parse(line)));
  t.like(lines.at(-2), {
    ...{ type: 'progress', bytes: TIB, totalBytes: TIB, qube: 'work', part: 'private' },
  });
  t.like(lines.at(-1), { type: 'done', command: 'volume import', qube: 'work', name: 'private' });
});

test.serial('an export replaces no file unasked, and leaves none half', async (t) => {
  const { run, did } = await sampleSystem(t);
  const folder = await temporaryFolder(t);
  const file = join(folder, 'out');
  await writeFile(file, 'mine');
  const refused = await run(`volume export work:private ${file}`);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /exists already\n {2}Say --force/);
  t.is(await readFile(file, 'utf8'), 'mine');
  await did('volume import work:private - --size 3', { input: 'abc' });
  await did(`volume export work:private ${file} -f`);
  t.is(await readFile(file, 'utf8'), 'abc');
  t.deepEqual(await readdir(folder), ['out']);
  const foreign = await run(`volume export work:private ${file} --qrexec`);
  t.is(foreign.exitCode, 2);
});

test.serial('pools are listed, added, set and removed', async (t) => {
  const { root, run, did, told } = await sampleSystem(t);
  t.regex(await did('pool list'), /^varlibqubes\tfile-reflink\t\d+\t\d+$/m);
  t.regex(await did('pool drivers'), /^file-reflink\trevisions_to_keep dir_path/m);
  const folder = join(root, 'more');
  await mkdir(folder);
  await did(
    `pool add more file-reflink -o dir_path=${folder} -o setup_check=False -o revisions_to_keep=2`,
  );
  const [pool] = await told('pool info more');
  t.like(pool, { type: 'pool', name: 'more', driver: 'file-reflink' });
  t.is(pool?.type === 'pool' && pool.config['revisions_to_keep'], '2');
  await did('pool set more revisions_to_keep 4');
  await did('create kept -P private=more');
  t.is((await run('pool remove more')).exitCode, 7, 'there is a volume in it');
  await did('remove kept -y');
  await did('pool remove more');
  t.is((await run('pool info more')).exitCode, 7);
  t.is((await run('pool add bad nosuch')).exitCode, 7);
});

test.serial('of several qubes those that fail are told, and the others done', async (t) => {
  const { run, did, told } = await sampleSystem(t);
  const lines = await told('start work nosuch vault');
  t.deepEqual(
    lines.map((line) => `${line.type} ${'qube' in line ? (line.qube ?? '') : ''}`).sort(),
    ['done vault', 'done work', 'error ', 'error nosuch'],
  );
  const ran = await run('shutdown work nosuch --wait');
  t.is(ran.exitCode, 7);
  t.regex(ran.stderr, /^error: nosuch: No such domain: 'nosuch'$/m);
  t.regex(ran.stderr, /^error: 1 of 2 qubes did not shut down$/m);
  const one = await run('kill work');
  t.is(one.stderr, "error: Domain is powered off: 'work'\n");
  await did('shutdown --all --timeout 20');
  t.is(await did('ls --running -o NAME'), 'dom0\n');
});

test.serial(
  'what cannot be cloned leaves nothing, or a warning where that is wanted',
  async (t) => {
    const { root, run, did, told } = await sampleSystem(t);
    await did('prefs work memory 500');
    await did('features work service.cups 1');
    await did('tags work add mine');
    await did('notes work --set -', { input: 'Mind it.' });
    await did('clone work work-2');
    t.is(await did('prefs work-2 memory'), '500\n');
    t.is(await did('features work-2 service.cups'), '1\n');
    t.true((await did('tags work-2')).split('\n').includes('mine'));
    t.is(await did('notes work-2'), 'Mind it.\n');
    t.is((await run('clone work work-2')).exitCode, 7);
    t.is((await run('clone nosuch other')).exitCode, 7);

    // A kernel that is gone is one that no other qube can get.
    const kernels = join(root, 'vm-kernels');
    await cp(join(kernels, '6.12.0'), join(kernels, 'old'), { recursive: true });
    await did('prefs work kernel old');
    await rm(join(kernels, 'old'), { recursive: true });
    const bad = await run('clone work work-3');
    t.is(bad.exitCode, 7);
    t.regex(bad.stderr, /^error: Cannot set the property kernel: .*old.* not installed$/m);
    t.false((await did('ls -o NAME')).includes('work-3'));
    const lines = await told('clone work work-3 --ignore-errors');
    t.deepEqual(
      lines.map(({ type }) => type),
      ['warning', 'done'],
    );
    t.is(await did('prefs work-3 memory'), '500\n');
  },
);

test.serial('run passes streams and status on, and starts the qube', async (t) => {
  const place = await sampleSystem(t);
  const { root, program, run, did } = place;
  await addService(
    place,
    'test.Status',
    'console.error("told"); console.log(process.argv[2], process.env.HOME); process.exit(42);',
  );
  const ran = await run('run vault test.Status+a+b');
  t.is(ran.exitCode, 42);
  t.is(ran.text, `a+b ${join(root, 'home', 'vault')}\n`);
  t.is(ran.stderr, 'told\n');
  t.is(await did('ls vault -o STATE'), 'Running\n');
  t.is((await run('run vault test.None')).exitCode, 127);
  t.is((await run('run nosuch test.Status')).exitCode, 126);
  t.is((await run('run vault ../../bin/sh')).exitCode, 2);

  await addService(place, 'test.Wait', 'console.log("ready"); setInterval(() => 0, 1000);');
  const child = execa(program, ['run', 'vault', 'test.Wait'], {
    ...{ env: { QUBES_RPC_ROOT: root }, reject: false, timeout: 20_000 },
    stdin: 'pipe',
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const { exitCode } = await child;
  t.is(exitCode, 130);
});

test.serial('ls names the columns there are to who mistypes one', async (t) => {
  const { run } = await sampleSystem(t);
  const ran = await run('ls -o NAME,memroy work');
  t.is(ran.exitCode, 2);
  t.regex(ran.stderr, /There is no column "memroy"\n {2}There are NAME, CLASS,.* memory,/);
  t.is((await run('ls -o template fedora-41')).text, '-\n');
});

test('an export that is ended takes its copying along', async (t) => {
  const { root, run } = await sampleSystem(t);
  const folder = await temporaryFolder(t);
  const note = join(folder, 'cp.pid');
  // It never ends.
  const cpProgram = `#!/bin/sh\necho $$ > ${note}.new; mv ${note}.new ${note}; exec sleep 600\n`;
  await writeFile(join(folder, 'cp'), cpProgram, { mode: 0o755 });
  const end = new AbortController();
  const target = join(folder, 'target');
  await mkdir(target);
  const running = run(`volume export work:private ${join(target, 'image')}`, {
    env: { QUBES_RPC_ROOT: root, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    signal: end.signal,
  });
  const pid = await Promise.race([waitForFile(note), running.then(() => undefined)]);
  if (pid === undefined) {
    t.log('This file system shares blocks, so that nothing is copied.');
    t.is((await running).exitCode, 0);
    return;
  }
  end.abort();
  t.is((await running).exitCode, 130);
  t.deepEqual(await readdir(target), []);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

async function waitForFile(path: string): Promise<number> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return Number(text);
    await delay(20);
  }
}
