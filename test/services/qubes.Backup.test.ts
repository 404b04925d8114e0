import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { mountSmallDisk } from '../base/small-disk.ts';
import { FIXTURES, fixture } from '../support/fixtures.ts';
import { receiveFrom } from '../support/restore-client.ts';
import { sandbox } from '../support/sandbox.ts';
import {
  builtFolder,
  HOSTS,
  startService,
  type ServiceStart,
  type StartedService,
} from '../support/service-process.ts';

const GZIP = fixture('v4-gzip');
const MIB = 2 ** 20;

const disk = mountSmallDisk(3 * MIB + 4096);
const onSmallDisk = disk === undefined ? test.skip : test.serial;
test.after.always(() => disk?.remove());

test.before(async () => {
  await builtFolder();
});

interface Outcome {
  readonly status: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (options?: ServiceStart): Promise<StartedService> =>
  startService('installed', 'qubes.Backup', options);

/** Plays the caller: sends the line and the content, and waits for the end. */
async function send(
  service: StartedService,
  location: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Outcome> {
  let stdout = '';
  service.stdout.on('data', (block) => (stdout += String(block)));
  try {
    await service.stdin.write(Buffer.from(`${location}\n`));
    for await (const block of content) await service.stdin.write(block);
    await service.stdin.end();
  } catch {
    // The service has ended early: it says why.
  }
  const status = await service.finished;
  return { status, stdout, stderr: await service.stderr };
}

for (const host of HOSTS) {
  test(`${host}: a backup becomes a file in a folder, called by the time`, async (t) => {
    const folder = await sandbox(t);
    const service = await startService(host, 'qubes.Backup');
    const { status, stdout, stderr } = await send(service, folder, createReadStream(GZIP));
    t.is(status, 0, stderr);
    t.is(stdout, '');
    const [name = '', ...others] = await readdir(folder);
    t.deepEqual(others, []);
    t.regex(name, /^qubes-backup-\d{4}-\d\d-\d\dT\d{6}$/);
    t.is(
      stderr,
      `Starting Backupcopy\nArguments: ${folder}\nPerforming backup to directory ${folder}\n` +
        `Copying STDIN data to ${join(folder, name)}\n`,
    );
    const written = await readFile(join(folder, name));
    t.is(Buffer.compare(written, await readFile(GZIP)), 0);
    t.is((await stat(join(folder, name))).mode & 0o700, 0o600);
  });
}

for (const name of FIXTURES) {
  test(`what was stored of ${name} is what qubes.Restore sends of it`, async (t) => {
    const stored = join(await sandbox(t), 'a backup (of mine)');
    const { status, stderr } = await send(await start(), stored, createReadStream(fixture(name)));
    t.is(status, 0, stderr);
    const service = (): Promise<StartedService> => startService('installed', 'qubes.Restore');
    const sent = await receiveFrom(await service(), [stored, '']);
    const expected = await receiveFrom(await service(), [fixture(name), '']);
    t.is(sent.status, 0);
    t.deepEqual(sent.files, expected.files);
  });
}

test('a relative path begins in the home of the qube', async (t) => {
  const home = await sandbox(t);
  await mkdir(join(home, 'backups'));
  const { status } = await send(
    await start({ cwd: home }),
    ' \tbackups/today ',
    createReadStream(GZIP),
  );
  t.is(status, 0);
  t.deepEqual(await readdir(join(home, 'backups')), ['today']);
});

test('a command gets the backup, and what it says goes to stderr', async (t) => {
  const copy = join(await sandbox(t), 'copy');
  const command = `sh -c 'cat >"$0"; echo It went well' '${copy}'`;
  const { status, stdout, stderr } = await send(await start(), command, createReadStream(GZIP));
  t.is(status, 0, stderr);
  t.is(stdout, '');
  t.regex(stderr, /^Checking if arguments is matching a command\nRedirecting STDIN to sh -c/m);
  t.regex(stderr, /^It went well$/m);
  t.is(Buffer.compare(await readFile(copy), await readFile(GZIP)), 0);
});

test('what is no archive is stored as it comes', async (t) => {
  const folder = await sandbox(t);
  const zeros = Buffer.alloc(1024);
  for (const [name, content] of [
    ['text', [Buffer.from('hello\n')]],
    ['image', [zeros, Buffer.from('x'.repeat(100_000)), zeros]],
  ] as const) {
    t.is((await send(await start(), join(folder, name), content)).status, 0);
    t.deepEqual(await readFile(join(folder, name)), Buffer.concat(content));
  }
});

test('memory does not grow with the backup', async (t) => {
  const block = Buffer.alloc(4 * MIB, 'x');
  const blocks = function* (): Generator<Uint8Array> {
    for (let count = 0; count < 64; count++) yield block;
  };
  const service = await start();
  let peak = 0;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for (const one of blocks()) {
      yield one;
      const text = await readFile(`/proc/${service.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0));
    }
  };
  const { status } = await send(service, join(await sandbox(t), 'big'), watched());
  t.is(status, 0);
  t.true(peak > 0 && peak < 160 * 1024, `${peak} KiB for 256 MiB`);
});

test('a file that is there stays as it is, and the caller hears of it at once', async (t) => {
  const folder = await sandbox(t);
  const path = join(folder, 'backup');
  await writeFile(path, 'old');
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(MIB, 'x');
  };
  const { status, stderr } = await send(await start(), path, endless());
  t.is(status, 1);
  t.regex(stderr, new RegExp(`^Cannot create ${path}: it exists already$`, 'm'));
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(folder), ['backup']);
});

test('a file that came in the meantime stays as it is', async (t) => {
  const folder = await sandbox(t);
  const path = join(folder, 'backup');
  const content = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('new');
    while ((await readdir(folder)).length === 0);
    await writeFile(path, 'of somebody else');
  };
  const { status, stderr } = await send(await start(), path, content());
  t.is(status, 1);
  t.regex(stderr, /it exists already/);
  t.is(await readFile(path, 'utf8'), 'of somebody else');
  t.deepEqual(await readdir(folder), ['backup']);
});

test('a caller that is killed in the middle leaves no file that looks like a backup', async (t) => {
  const folder = await sandbox(t);
  const archive = await readFile(GZIP);
  const { status, stderr } = await send(await start(), folder, [archive.subarray(0, 300_000)]);
  t.is(status, 1);
  t.regex(stderr, /cut off in the middle of vm1\/root.img.000.enc/);
  t.deepEqual(await readdir(folder), []);
});

test('a command does not see the end of a backup that was cut off', async (t) => {
  const folder = await sandbox(t);
  const marker = join(folder, 'ended');
  const command = `sh -c 'cat >/dev/null; echo whole >"$0"' '${marker}'`;
  const archive = await readFile(GZIP);
  const { status } = await send(await start(), command, [archive.subarray(0, 300_000)]);
  t.is(status, 1);
  t.deepEqual(await readdir(folder), []);
});

onSmallDisk('a full disk ends it with an error, and nothing is left on it', async (t) => {
  const path = disk?.path ?? '';
  const block = Buffer.alloc(MIB, 'x');
  // The last block that has room is written in part.
  const { status, stderr } = await send(await start(), path, [block, block, block, block, block]);
  t.is(status, 1);
  t.regex(stderr, /^Cannot write \S+: the disk is full$/m);
  t.deepEqual(await readdir(path), []);
  // What fits still does, to the last byte.
  t.is((await send(await start(), path, [block, block, block])).status, 0);
});

test('a folder that may not be written is an error', async (t) => {
  const { status, stderr } = await send(await start(), '/proc', [Buffer.from('x')]);
  t.is(status, 1);
  t.regex(stderr, /^Cannot create \/proc\/\S+: /m);
});

for (const [what, command, message] of [
  ['a command that fails', "sh -c 'cat >/dev/null; exit 3'", /takes the backup failed: exit 3/],
  ['a command that has enough', "sh -c 'exec <&-; sleep 0.1'", /before it had all of it: exit 0/],
  ['a command that is killed', "sh -c 'kill -9 $$'", /ended by SIGKILL/],
] as const) {
  test(`${what} is an error`, async (t) => {
    const block = Buffer.alloc(MIB, 'x');
    const { status, stderr } = await send(await start(), command, [block, block, block, block]);
    t.is(status, 1);
    t.regex(stderr, message);
  });
}

for (const [what, location, message] of [
  [
    'neither a folder nor a command',
    'nosuchprogram\x1b',
    /Invalid folder or command: nosuchprogram_$/m,
  ],
  ['a new folder', '/tmp/no-such-folder/', /Invalid folder or command/],
  ['a file in a folder that is not there', '/no/such/backup', /Invalid folder or command/],
  ['a command with an unquoted pipe', 'cat | cat', /act on the \| in the command/],
  ['an empty location', '', /No backup location was given/],
  ['a location with a NUL', 'a\0b', /holds a NUL/],
  ['an endless location', 'x'.repeat(20_000), /longer than 16384 bytes/],
] as const) {
  test(`${what} is refused`, async (t) => {
    const { status, stderr } = await send(await start(), location, [Buffer.from('x')]);
    t.is(status, 1);
    t.regex(stderr, message);
    t.false(stderr.includes('\x1b'));
  });
}

test('nothing is no backup', async (t) => {
  const folder = await sandbox(t);
  const { status, stderr } = await send(await start(), folder, []);
  t.is(status, 1);
  t.regex(stderr, /^No backup has come: the caller has sent nothing$/m);
  t.deepEqual(await readdir(folder), []);
});

test('an argument is refused', async (t) => {
  const { status, stderr } = await send(await start({ argument: 'x' }), '/tmp', []);
  t.is(status, 1);
  t.is(stderr, 'This service takes no argument\n');
});

for (const [signal, expected] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} ends it and leaves no file`, async (t) => {
    const folder = await sandbox(t);
    const service = await start();
    await service.stdin.write(Buffer.from(`${folder}\nsome of it`));
    while ((await readdir(folder)).length === 0);
    service.kill(signal);
    t.is(await service.finished, expected);
    t.deepEqual(await readdir(folder), []);
  });
}

test('SIGTERM ends the command, too', async (t) => {
  const service = await start();
  const told = new Promise<number>((resolve) => {
    let said = '';
    service.onStderr((text) => {
      const [, pid] = /^(\d+)$/m.exec((said += text)) ?? [];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
  await service.stdin.write(Buffer.from("sh -c 'echo $$; exec sleep 60'\n"));
  const pid = await told;
  service.kill('SIGTERM');
  t.is(await service.finished, 143);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('without hard links, as on FAT, the file gets its name all the same', async (t) => {
  const folder = await sandbox(t);
  const noLinks = join(folder, 'no-links.cjs');
  // FAT needs a disk and root to mount; what it does to us is to refuse a link.
  await writeFile(
    noLinks,
    `const fs = require('node:fs/promises');
     fs.link = async () => { console.error('no links'); throw Object.assign(new Error('link'), { code: 'EPERM' }); };`,
  );
  await chmod(noLinks, 0o600);
  const target = join(folder, 'backups');
  await mkdir(target);
  const service = await start({ env: { NODE_OPTIONS: `--require ${noLinks}` } });
  const { status, stderr } = await send(service, join(target, 'mine'), [Buffer.from('it')]);
  t.is(status, 0);
  t.regex(stderr, /^no links$/m);
  t.deepEqual(await readdir(target), ['mine']);
  t.is((await execa('cat', [join(target, 'mine')])).stdout, 'it');
});
