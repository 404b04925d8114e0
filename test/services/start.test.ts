import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { sandbox } from '../support/sandbox.ts';
import { builtFolder } from '../support/service-process.ts';

/** What of Node a start has no use for: each takes a twentieth of it, or more. */
const HEAVY = [
  ...['assert', 'child_process', 'crypto', 'dgram', 'http', 'module', 'readline', 'url'],
  ...['timers/promises', 'v8', 'worker_threads', 'zlib'],
];

/** Writes what a process has loaded, when it ends, to the file that LOADED names. */
const WATCH = `
const vm = require('node:vm');
const packages = [];
const compile = vm.compileFunction;
vm.compileFunction = (text, parameters, options) => {
  packages.push(options.filename.split(':')[1]);
  return compile(text, parameters, options);
};
const atFirst = new Set(process.moduleLoadList);
process.on('exit', () => {
  const builtIn = process.moduleLoadList
    .filter((name) => !atFirst.has(name) && name.startsWith('NativeModule '))
    .map((name) => name.slice('NativeModule '.length));
  const zod = '__zod_globalConfig' in globalThis ? ['zod'] : [];
  const text = JSON.stringify({ builtIn, packages: [...packages, ...zod] });
  require('node:fs').writeFileSync(process.env.LOADED, text);
});
`;

interface Loaded {
  readonly builtIn: readonly string[];
  readonly packages: readonly string[];
}

/** What a service loads until it ends; its request is empty. */
async function loadedBy(
  t: ExecutionContext,
  name: string,
  args: readonly string[],
  programs?: string,
): Promise<Loaded> {
  const folder = await sandbox(t);
  await writeFile(join(folder, 'watch.cjs'), WATCH);
  const file = join(folder, 'loaded.json');
  const program = join(await builtFolder(), 'services', name);
  await execa(process.execPath, ['--require', join(folder, 'watch.cjs'), program, ...args], {
    env: { PATH: programs ?? '/nowhere', LOADED: file },
    extendEnv: false,
    input: '',
    reject: false,
  });
  return JSON.parse(await readFile(file, 'utf8')) as Loaded;
}

/** Those with a bundle of their own, and one of those that share one. */
async function servicesToStart(): Promise<readonly string[]> {
  const folder = join(await builtFolder(), 'services');
  const names = await readdir(folder);
  const bundles = await Promise.all(names.map((name) => readlink(join(folder, name))));
  return [
    'admin.vm.List',
    ...names.filter((name, i) => basename(bundles[i] ?? '') === `${name}.cjs`),
  ];
}

test('no service loads what only some of its calls need before it needs it', async (t) => {
  const names = await servicesToStart();
  t.true(names.includes('qubes.Restore'));
  for (const name of names) {
    const { builtIn, packages } = await loadedBy(t, name, []);
    t.deepEqual(packages, [], name);
    t.deepEqual(
      builtIn.filter((one) => HEAVY.includes(one)),
      [],
      name,
    );
  }
});

test('a call that is refused for its argument opens no stream', async (t) => {
  for (const name of ['qubes.Restore', 'qubes.RegisterBackupLocation', 'qubes.WaitForSession']) {
    const { builtIn } = await loadedBy(t, name, ['?']);
    t.false(builtIn.includes('net'), name);
    t.false(builtIn.includes('stream'), name);
  }
});

test('what a call needs is loaded then, out of the bundle', async (t) => {
  const programs = join(await sandbox(t), 'bin');
  await mkdir(programs);
  await symlink('/bin/true', join(programs, 'systemctl'));
  const { builtIn, packages } = await loadedBy(t, 'qubes.WaitForRunningSystem', [], programs);
  t.deepEqual(packages, ['execa']);
  t.true(builtIn.includes('child_process'));
});
