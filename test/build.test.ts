import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { sandbox } from './support/sandbox.ts';
import { builtFolder } from './support/service-process.ts';

const ROOT = join(import.meta.dirname, '..');

const sources = async (folder: string, ending: string): Promise<string[]> =>
  (await readdir(join(ROOT, folder)).catch(() => [] as string[]))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));

test('every service and program is built under the name it is installed as', async (t) => {
  const dist = await builtFolder();
  t.deepEqual(
    (await readdir(join(dist, 'qubes-rpc'))).sort(),
    (await sources('services', '.ts')).sort(),
  );
  t.deepEqual(
    (await readdir(join(dist, 'bin'))).sort(),
    (await sources('lib/cli', '.main.ts')).sort(),
  );
});

test('every service declares the name of its file', async (t) => {
  for (const name of await sources('services', '.ts')) {
    const module: unknown = await import(join(ROOT, 'services', `${name}.ts`));
    t.like(module, { service: { name } });
  }
});

test('what is built runs from anywhere once copied, without the checkout', async (t) => {
  const folder = await sandbox(t);
  await execa('cp', ['-a', await builtFolder(), join(folder, 'copied')]);
  const service = join(folder, 'copied', 'qubes-rpc', 'qubes.RestoreById');
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
