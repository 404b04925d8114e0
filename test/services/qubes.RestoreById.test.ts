import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { sinkTo } from '../../lib/base/byte-sink.ts';
import { collect } from '../support/bytes.ts';
import { fixture } from '../support/fixtures.ts';
import { receiveFrom } from '../support/restore-client.ts';
import { sandbox } from '../support/sandbox.ts';
import {
  builtFolder,
  HOSTS,
  startService,
  type StartedService,
} from '../support/service-process.ts';

const GZIP = fixture('v4-gzip');

test.before(async () => {
  await builtFolder();
});

/** Registers a location and waits for its id. */
async function register(
  host: (typeof HOSTS)[number],
  location: string,
  runtime: string,
): Promise<{ service: StartedService; id: string }> {
  const service = await startService(host, 'qubes.RegisterBackupLocation', {
    env: { XDG_RUNTIME_DIR: runtime },
  });
  await service.stdin.write(Buffer.from(`${location}\n`));
  // Comes to an end although the service goes on: it closes its response.
  return { service, id: (await collect(service.stdout)).toString().trim() };
}

for (const host of HOSTS) {
  test(`${host}: a registered location can be read while its registration is open`, async (t) => {
    const runtime = await sandbox(t);
    const { service, id } = await register(host, ` ${GZIP} `, runtime);
    t.regex(id, /^[A-Za-z0-9]{8}$/);
    const restore = async (): Promise<StartedService> =>
      startService(host, 'qubes.RestoreById', {
        env: { XDG_RUNTIME_DIR: runtime, QREXEC_SERVICE_ARGUMENT: id },
        argument: id,
      });

    const { files, status, stderr } = await receiveFrom(await restore(), ['backup-header']);
    t.deepEqual([...files.keys()], ['backup-header', 'backup-header.hmac']);
    t.is(status, 0);
    t.true(
      stderr.startsWith(`Starting Restorecopy\nBackup location: ${GZIP}\nPaths: backup-header\n`),
    );

    await service.stdin.end();
    t.is(await service.finished, 0);
    const gone = await receiveFrom(await restore(), ['']);
    t.is(gone.files.size, 0);
    t.is(gone.status, 1);
    t.is(gone.stderr, 'Invalid location ID\n');
  });
}

test('the id can be read from a pipe to its end while the registration is open', async (t) => {
  const runtime = await sandbox(t);
  const program = join(await builtFolder(), 'services', 'qubes.RegisterBackupLocation');
  // Between processes started by Node there are sockets; a shell makes a pipe.
  const shell = execa('sh', ['-c', '"$0" | { cat; echo closed; }', program], {
    env: { XDG_RUNTIME_DIR: runtime },
    buffer: false,
    reject: false,
  });
  const stdin = sinkTo(shell.stdin);
  await stdin.write(Buffer.from('/mnt/backup\n'));
  let said = '';
  for await (const block of shell.stdout) {
    said += String(block);
    if (said.includes('closed')) break;
  }
  t.regex(said, /^[A-Za-z0-9]{8}\nclosed\n$/);
  t.is((await readdir(join(runtime, 'qubes-backup-location'))).length, 1);
  await stdin.end();
  await shell;
});

test('a registration names its own process, as the stock services expect', async (t) => {
  const runtime = await sandbox(t);
  const { service, id } = await register('installed', '/mnt/backup', runtime);
  const text = await readFile(join(runtime, 'qubes-backup-location', id), 'utf8');
  t.regex(text, new RegExp(`^${service.pid} \\d+\n/mnt/backup\n$`));
  await service.stdin.end();
  await service.finished;
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} removes a registration`, async (t) => {
    const runtime = await sandbox(t);
    const { service } = await register('installed', GZIP, runtime);
    t.is((await readdir(join(runtime, 'qubes-backup-location'))).length, 1);
    service.kill(signal);
    t.is(await service.finished, { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
    t.deepEqual(await readdir(join(runtime, 'qubes-backup-location')), []);
  });
}

test('a registration whose process was killed is not good any more', async (t) => {
  const runtime = await sandbox(t);
  const { service, id } = await register('installed', GZIP, runtime);
  service.kill('SIGKILL');
  await service.finished;
  const restore = await startService('installed', 'qubes.RestoreById', {
    env: { XDG_RUNTIME_DIR: runtime },
    argument: id,
  });
  t.is((await receiveFrom(restore, [''])).stderr, 'Invalid location ID\n');
});

for (const [argument, message] of [
  ['', 'Missing backup location ID argument\n'],
  ['abc', 'Invalid location ID\n'],
  ['../../etc', 'Invalid location ID\n'],
  ['abcdefgh', 'Invalid location ID\n'],
] as const) {
  test(`the id "${argument}" is refused`, async (t) => {
    const restore = await startService('installed', 'qubes.RestoreById', {
      env: { XDG_RUNTIME_DIR: await sandbox(t) },
      argument,
    });
    const { status, stderr } = await receiveFrom(restore, ['']);
    t.is(status, 1);
    t.is(stderr, message);
  });
}
