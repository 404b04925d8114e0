import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { FIXTURES, fixture } from '../support/fixtures.ts';
import { receiveFrom } from '../support/restore-client.ts';
import { sandbox } from '../support/sandbox.ts';
import { builtFolder, HOSTS, startService } from '../support/service-process.ts';

const GZIP = fixture('v4-gzip');
const HEADER = ['backup-header', 'backup-header.hmac', 'qubes.xml.000.enc'];

test.before(async () => {
  await builtFolder();
});

const start = (): ReturnType<typeof startService> => startService('installed', 'qubes.Restore');

for (const host of HOSTS) {
  test(`${host}: a backup file arrives whole`, async (t) => {
    const { files, complete, status, stderr } = await receiveFrom(
      await startService(host, 'qubes.Restore'),
      [GZIP, ''],
    );
    const { stdout } = await execa('tar', ['-tif', GZIP]);
    t.deepEqual([...files.keys()], stdout.split('\n'));
    t.true(complete);
    t.is(status, 0);
    t.is(
      stderr,
      `Starting Restorecopy\nArguments: ${GZIP}\nPaths: \n` +
        `Performing restore from backup file ${GZIP}\nCopying ${GZIP} to STDOUT\n`,
    );
  });
}

for (const name of FIXTURES) {
  test(`the bytes of every file of ${name} are those of the archive, from a file and a command`, async (t) => {
    const path = fixture(name);
    const { stdout } = await execa('tar', ['-xiOf', path], { encoding: 'buffer' });
    for (const location of [path, `cat '${path}'`]) {
      const { files, status } = await receiveFrom(await start(), [location, '']);
      t.is(status, 0);
      t.is(Buffer.compare(Buffer.concat([...files.values()]), stdout), 0);
    }
  });
}

test('only what begins with a filter is sent', async (t) => {
  const { files, complete, status, stderr } = await receiveFrom(await start(), [
    GZIP,
    '  backup-header backup-header.hmac   qubes.xml ',
  ]);
  t.deepEqual([...files.keys()], HEADER);
  t.true(complete);
  t.is(status, 0);
  t.regex(stderr, /^Paths: backup-header backup-header.hmac qubes.xml$/m);
});

test('a relative path begins in the home of the qube, white space around it does not count', async (t) => {
  const home = await sandbox(t);
  await writeFile(join(home, 'my backup'), await readFile(GZIP));
  const service = await startService('installed', 'qubes.Restore', { cwd: home });
  const { files, status } = await receiveFrom(service, [' \tmy backup ', 'backup-header']);
  t.deepEqual([...files.keys()], HEADER.slice(0, 2));
  t.is(status, 0);
});

test('a receiver that has enough is no failure', async (t) => {
  for (const location of [GZIP, `cat ${GZIP}`]) {
    const { files, status } = await receiveFrom(await start(), [location, ''], {
      enough: { files: 3, answer: 122 },
    });
    t.deepEqual([...files.keys()], HEADER);
    t.is(status, 0);
  }
});

test('a receiver that fails or goes away is a failure', async (t) => {
  const full = await receiveFrom(await start(), [GZIP, ''], { answer: 28 });
  t.is(full.status, 1);
  t.regex(full.stderr, /no space left on device; last file: dom0-home/);

  const gone = await start();
  await gone.stdin.write(Buffer.from(`${GZIP}\n\n`));
  await gone.stdin.end();
  gone.stdout.destroy();
  t.is(await gone.finished, 1);
  t.regex(await gone.stderr, /receiver went away/);
});

test('a command that is not needed to its end is ended, and that is no failure', async (t) => {
  const marker = join(await sandbox(t), 'ended');
  const command = `sh -c 'trap "echo >${marker}; exit 1" TERM; cat ${GZIP}; sleep 60 & wait'`;
  const before = Date.now();
  const { files, status } = await receiveFrom(await start(), [command, 'backup-header']);
  t.deepEqual([...files.keys()], HEADER.slice(0, 2));
  t.is(status, 0);
  t.true(Date.now() - before < 30_000);
  await t.notThrowsAsync(readFile(marker));
});

test('a command gets nothing to read, and says what it has to say on stderr', async (t) => {
  const command = `sh -c 'cat; cat ${GZIP}; echo It went well >&2'`;
  const { files, status, stderr } = await receiveFrom(await start(), [command, '']);
  t.true(files.has('backup-header'));
  t.is(status, 0);
  t.regex(stderr, /^It went well$/m);
});

for (const [what, location, message] of [
  [
    'a command that fails after all its output',
    `sh -c 'cat ${GZIP}; exit 3'`,
    /command .* failed: exit 3/,
  ],
  [
    'a command that fails in the middle',
    `sh -c 'head -c 300000 ${GZIP}; exit 1'`,
    /command .* failed: exit 1/,
  ],
  ['a command that is killed', `sh -c 'kill -9 $$'`, /command .* failed: ended by SIGKILL/],
  [
    'output that is cut off',
    `head -c 300000 ${GZIP}`,
    /cut off in the middle of vm1\/root.img.000.enc/,
  ],
  ['output that is no archive', `cat ${process.execPath}`, /no tar archive/],
  ['no output', 'true', /no files in it/],
] as const) {
  test(`${what} is a failure, and the receiver can tell`, async (t) => {
    const { complete, status, stderr } = await receiveFrom(await start(), [location, '']);
    t.false(complete);
    t.is(status, 1);
    t.regex(stderr, message);
  });
}

test('a damaged or truncated file is a failure, and the receiver can tell', async (t) => {
  const folder = await sandbox(t);
  const path = join(folder, 'backup');
  const good = await readFile(GZIP);

  await writeFile(path, good.subarray(0, 300_000));
  for (const filters of ['', 'vm1/', 'nothing']) {
    const { complete, status, stderr } = await receiveFrom(await start(), [path, filters]);
    t.false(complete);
    t.is(status, 1);
    t.regex(stderr, /cut off in the middle of vm1\/root.img.000.enc/);
  }

  const damaged = Buffer.from(good);
  damaged.fill('x', 10240, 10240 + 512);
  await writeFile(path, damaged);
  const { complete, status, stderr } = await receiveFrom(await start(), [path, '']);
  t.false(complete);
  t.is(status, 1);
  t.regex(stderr, /broken tar header/);
});

for (const [what, location, message] of [
  ['neither a file nor a command', '/no/such\x1b file', 'Invalid file or command: /no/such_ file'],
  ['a folder', '/', 'Invalid file or command: /'],
  ['a command with an unquoted pipe', 'cat /x | cat', `act on the | in the command`],
] as const) {
  test(`${what} ends with status 2`, async (t) => {
    const { complete, status, stderr } = await receiveFrom(await start(), [location, '']);
    t.false(complete);
    t.is(status, 2);
    t.true(stderr.includes(message), stderr);
    t.false(stderr.includes('\x1b'));
  });
}

for (const [what, lines] of [
  ['an empty location', ['', '']],
  ['an endless location', ['x'.repeat(20_000), '']],
  ['a location with a NUL', ['a\0b', '']],
  ['a filter with a NUL', [GZIP, 'a\0b']],
] as const) {
  test(`${what} is refused`, async (t) => {
    const { files, status } = await receiveFrom(await start(), lines);
    t.is(files.size, 0);
    t.is(status, 1);
  });
}

test('an argument is refused', async (t) => {
  const service = await startService('installed', 'qubes.Restore', { argument: 'x' });
  const { status, stderr } = await receiveFrom(service, [GZIP, '']);
  t.is(status, 1);
  t.is(stderr, 'This service takes no argument\n');
});

test('SIGTERM ends it, and the command with it', async (t) => {
  const service = await start();
  await service.stdin.write(Buffer.from("sh -c 'echo $$ >&2; exec sleep 60'\n\n"));
  let said = '';
  const pid = await new Promise<number>((resolve) => {
    service.onStderr((text) => {
      said += text;
      const match = /^(\d+)$/m.exec(said);
      if (match !== null) resolve(Number(match[1]));
    });
  });
  service.kill('SIGTERM');
  t.is(await service.finished, 143);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
