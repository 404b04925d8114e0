import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { ADMIN_SERVICES } from '../services/index.ts';
import { sandbox } from './support/sandbox.ts';
import { builtFolder } from './support/service-process.ts';

const ROOT = join(import.meta.dirname, '..');
const NOT_IN_BIN = ['admin-call', 'embedded-wait', 'preload-dispvm', 'qrexec-client-vm', 'vm-exec'];

const sources = async (folder: string, ending: string): Promise<string[]> =>
  (await readdir(join(ROOT, folder)).catch(() => [] as string[]))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));

/** What runs as a process for each call: a file that declares one `service`. */
async function executables(): Promise<string[]> {
  const names = await sources('services', '.ts');
  const own = await Promise.all(
    names.map(async (name) => 'service' in (await load(join(ROOT, 'services', `${name}.ts`)))),
  );
  return names.filter((_, index) => own[index]);
}

const load = (file: string): Promise<object> => import(file) as Promise<object>;

test('every service and program is built under the name it is installed as', async (t) => {
  const dist = await builtFolder();
  t.deepEqual(
    (await readdir(join(dist, 'services'))).sort(),
    [...(await executables()), ...ADMIN_SERVICES.map(({ name }) => name)].sort(),
  );
  const mains = await sources('lib/cli', '.main.ts');
  t.deepEqual(
    (await readdir(join(dist, 'bin'))).sort(),
    mains.filter((name) => !NOT_IN_BIN.includes(name)).sort(),
  );
  t.deepEqual(await readdir(join(dist, 'libexec')), ['preload-dispvm']);
});

test('the qubes of embedded systems have services in place of those of the agent', async (t) => {
  const dist = await builtFolder();
  t.deepEqual((await readdir(join(dist, 'embedded-rpc'))).sort(), [
    'qubes.VMExec',
    'qubes.WaitForNetworkUplink',
    'qubes.WaitForRunningSystem',
    'qubes.WaitForSession',
  ]);
  t.false((await readdir(join(dist, 'services'))).includes('qubes.VMExec'));
});

test('calls of the resident host are installed as links to one small bundle', async (t) => {
  const dist = await builtFolder();
  const bundle = await realpath(join(dist, 'lib', 'admin-call.cjs'));
  for (const { name } of ADMIN_SERVICES) {
    t.is(await realpath(join(dist, 'services', name)), bundle, name);
  }
  t.true((await stat(bundle)).size < 20_000, 'it loads neither zod nor pino nor execa');
});

test('every service with a process of its own declares the name of its file', async (t) => {
  const names = await executables();
  t.true(names.includes('qubes.Restore'));
  for (const name of names) {
    t.like(await load(join(ROOT, 'services', `${name}.ts`)), { service: { name } });
  }
});

test('what is built runs from anywhere once copied, without the checkout', async (t) => {
  const folder = await sandbox(t);
  await execa('cp', ['-a', await builtFolder(), join(folder, 'copied')]);
  const service = join(folder, 'copied', 'services', 'qubes.RestoreById');
  const { exitCode, stderr } = await execa(service, ['?'], { cwd: '/', reject: false });
  t.is(exitCode, 1);
  t.is(stderr, 'Invalid location ID');
});

test('the licences of all that is inside are with it', async (t) => {
  const licences = await readFile(join(await builtFolder(), 'LICENSES'), 'utf8');
  for (const name of ['execa', 'pino', 'tar-stream', 'zod']) {
    t.regex(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, 'm'));
  }
});
