// What is done around a restore in a disposable, with a stand-in for the program in it: the system,
// its services and the calls are real.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';

import { QubesVMError } from '../../../lib/base/admin-error.ts';
import { CancelledError, NeedsError, UsageError } from '../../../lib/base/errors.ts';
import { STORAGE_TAG } from '../../../lib/restore/sandbox/names.ts';
import { restoreInSandbox } from '../../../lib/restore/sandbox/restore-in-sandbox.ts';
import { clientOf, type SandboxSystem, sandboxSystem } from '../../support/sandbox-system.ts';

const DISPOSABLE = 'disp-backup-restore';
const VERSION = 'test "$1" = --version && exit 0';

/** A program that leaves in `seen` what it sees, tells that it is there, and waits to be let go. */
const WAITS = `${VERSION}
echo "$@" >seen; cat >>seen
mkfifo ../../go; echo >../../here; read status <../../go; exit $status`;

/** Restores with a program that waits, and lets it end after `work`. */
async function during(
  t: ExecutionContext,
  sandbox: SandboxSystem,
  work: () => Promise<void>,
  status = 0,
): Promise<void> {
  const { root } = sandbox.system;
  const restored = restoreInSandbox(sandbox.work());
  await Promise.race([restored, appears(join(root, 'here'))]);
  t.true(existsSync(join(root, 'here')), sandbox.told.stderr.join(''));
  try {
    await work();
  } finally {
    await writeFile(join(root, 'go'), `${status}\n`);
  }
  t.is(await restored, status);
}

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('the disposable has what it needs while it restores, and nothing is left of it', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': WAITS });
  const { client, system, tags } = sandbox;
  await during(t, sandbox, async () => {
    const disposable = client.qube(DISPOSABLE);
    t.like(
      (await client.list()).find(({ name }) => name === DISPOSABLE),
      { class: 'DispVM', state: 'Running' },
    );
    t.is((await disposable.properties.get('template')).value, 'default-dvm');
    t.is((await disposable.properties.get('auto_cleanup')).value, 'True');
    for (const name of ['netvm', 'default_dispvm']) {
      t.is((await disposable.properties.get(name)).value, '', name);
    }
    t.true(tags(DISPOSABLE).includes('backup-restore-mgmt'));
    t.true(tags('work').includes('backup-restore-storage'));
    const seen = await readFile(join(system.root, 'home', DISPOSABLE, 'seen'), 'utf8');
    const [, id] =
      /^run --passphrase-file - qubes\.RestoreById\+(\w{8})\nsecret\n$/.exec(seen) ?? [];
    const registered = join(system.root, 'run', 'work', 'qubes-backup-location', id ?? 'none');
    t.regex(await readFile(registered, 'utf8'), /\n\/archive\n$/);
  });
  t.is(system.app.qubes.find(DISPOSABLE), undefined);
  t.false(tags('work').includes('backup-restore-storage'));
  t.deepEqual(await readdirOf(join(system.root, 'run', 'work', 'qubes-backup-location')), []);
});

test('what the disposable creates cannot start, and is released when it ends well', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': WAITS });
  const { client, tags } = sandbox;
  await during(t, sandbox, async () => {
    const inside = clientOf(sandbox.system, DISPOSABLE);
    for (const name of ['one', 'two']) await inside.create({ name, class: 'AppVM', label: 'red' });
    await inside.qube('two').tags.add('restored-from-backup-at-1999-12-31');
    // A hostile program can give its qubes the tags that mean rights.
    await inside.qube('two').tags.add('backup-restore-mgmt');
    t.true(tags('one').includes('backup-restore-in-progress'));
    await t.throwsAsync(client.qube('one').start(), { instanceOf: QubesVMError });
  });
  const day = /^restored-from-backup-at-\d{4}-\d\d-\d\d$/;
  t.is(tags('one').filter((tag) => day.test(tag)).length, 1);
  t.true(tags('two').includes('restored-from-backup-at-1999-12-31'));
  const left = [...tags('one'), ...tags('two')].filter((tag) => !day.test(tag));
  t.deepEqual([...new Set(left)].sort(), ['audiovm-dom0', 'guivm-dom0']);
  await t.notThrowsAsync(client.qube('one').start());
});

test('the exit status inside decides; what is not complete then is removed', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': WAITS });
  const { tags, told, system } = sandbox;
  const work = async (): Promise<void> => {
    const inside = clientOf(system, DISPOSABLE);
    await inside.create({ name: 'base', class: 'TemplateVM', label: 'red' });
    for (const name of ['complete', 'half']) {
      await inside.create({ name, class: 'AppVM', label: 'red', template: 'fedora-41' });
    }
    await inside.create({ name: 'based', class: 'AppVM', label: 'red', template: 'base' });
    await inside.qube('complete').tags.add('restored-from-backup-at-2026-01-01');
  };
  await during(t, sandbox, work, 5);
  for (const name of ['base', 'half', 'based']) t.is(system.app.qubes.find(name), undefined, name);
  t.deepEqual(
    told.lines.filter((line) => line.startsWith('Removed')).sort(),
    ['base', 'based', 'half'].map((name) => `Removed ${name}, which was left half restored`),
  );
  t.true(tags('complete').some((tag) => tag.startsWith('restored-from-backup-at-')));
  t.false(tags('complete').some((tag) => tag.startsWith('created-by-')));
});

test('what the disposable says is printable text when it comes out', async (t) => {
  const sandbox = await sandboxSystem(t, {
    'qubes-restore': `${VERSION}
printf '\\033]0;evil\\007one\\ttwo \\303\\251\\r\\n'; printf 'a\\033[2Jb\\n' >&2`,
  });
  t.is(await restoreInSandbox(sandbox.work()), 0);
  t.is(sandbox.told.stdout.join(''), '_]0;evil_one\ttwo ___\n');
  t.is(sandbox.told.stderr.join(''), 'a_[2Jb\n');
});

for (const [where, redirect] of [
  ['standard output', ''],
  ['standard error', '>&2'],
]) {
  test(`a disposable that never ends its ${where} is ended`, async (t) => {
    const sandbox = await sandboxSystem(t, { 'qubes-restore': `${VERSION}\nexec yes ${redirect}` });
    const log = { stdout: () => undefined, stderr: () => undefined };
    await t.throwsAsync(restoreInSandbox(sandbox.work({ log })), {
      instanceOf: NeedsError,
      message: 'The disposable put out more than 256 MiB',
    });
    t.is(sandbox.system.app.qubes.find(DISPOSABLE), undefined);
    t.false(sandbox.tags('work').includes(STORAGE_TAG));
  });
}

test('a program that is missing is named, with its package and template', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': 'exit 127' });
  const error = await t.throwsAsync(restoreInSandbox(sandbox.work()), { instanceOf: NeedsError });
  t.regex(error.message, /qubes-restore is missing in the template fedora-41$/);
  t.is(error.facts.hint, 'Install the package qubes-rpc in fedora-41.');
  t.is(sandbox.system.app.qubes.find(DISPOSABLE), undefined);
});

test('without a passphrase file it is typed in a terminal of the disposable', async (t) => {
  const sandbox = await sandboxSystem(
    t,
    {
      'qubes-restore': `${VERSION}
echo "$@" | tr '\\n' ' ' >backup-restore.log; printf '\\033[0m\\nexit code: 4\\n' >>backup-restore.log`,
      xterm:
        'test "$1" = -version && exit 0; echo "$@" >terminal; while test "$1" != -e; do shift; done; shift; "$@"; exit 0',
    },
    { 'qubes.WaitForSession': 'touch waited' },
  );
  const home = join(sandbox.system.root, 'home', DISPOSABLE);
  let terminal = '';
  const log = {
    stderr: () => undefined,
    stdout: async (text: string) => {
      sandbox.told.stdout.push(text);
      terminal = await readFile(join(home, 'terminal'), 'utf8');
      t.true(existsSync(join(home, 'waited')));
    },
  };
  const run = (autoClose: boolean) =>
    restoreInSandbox(sandbox.work({ passphrase: undefined, autoClose, log }));
  t.is(await run(false), 4);
  t.regex(terminal, /^-title Backup restore -hold -e qubes-restore run /);
  const [text = ''] = sandbox.told.stdout;
  t.regex(
    text,
    /^run --log-file backup-restore\.log qubes\.RestoreById\+\w{8} _\[0m\nexit code: 4\n$/,
  );
  t.is(await run(true), 4);
  t.regex(terminal, /^-title Backup restore -e qubes-restore/);
});

for (const [what, log] of [
  ['none', ''],
  ['an end that is no exit status', 'echo "exit code: 0x0" >backup-restore.log'],
  ['an exit status that cannot be', 'echo "exit code: 256" >backup-restore.log'],
  ['an exit status before the end', 'echo "exit code: 0\nmore" >backup-restore.log'],
] as const) {
  test(`a terminal whose log has ${what} did not end well`, async (t) => {
    const sandbox = await sandboxSystem(
      t,
      {
        'qubes-restore': VERSION,
        xterm: `test "$1" = -version && exit 0; ${log}`,
      },
      { 'qubes.WaitForSession': 'true' },
    );
    await t.throwsAsync(restoreInSandbox(sandbox.work({ passphrase: undefined })), {
      instanceOf: NeedsError,
      message: /did not say how it ended/,
    });
  });
}

test('where no window can be shown, a passphrase file is asked for', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': VERSION });
  const error = await t.throwsAsync(restoreInSandbox(sandbox.work({ passphrase: undefined })), {
    instanceOf: NeedsError,
  });
  t.regex(error.facts.hint ?? '', /--passphrase-file FILE/);
});

for (const [what, script] of [
  ['an id that is none', 'echo ../../etc'],
  ['an endless one', 'yes | tr -d "\\n"'],
  ['nothing', 'exit 1'],
] as const) {
  test(`a storage qube that answers with ${what} is refused`, async (t) => {
    const service = { 'qubes.RegisterBackupLocation': script };
    const sandbox = await sandboxSystem(t, { 'qubes-restore': VERSION }, service);
    await t.throwsAsync(restoreInSandbox(sandbox.work()), {
      instanceOf: NeedsError,
      message: /^Cannot register the backup in work: /,
    });
    t.false(sandbox.tags('work').includes('backup-restore-storage'));
    t.is(sandbox.system.app.qubes.find(DISPOSABLE), undefined);
  });
}

test('a system without a template for such work says so, and a taken name too', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': VERSION });
  const { client } = sandbox;
  await client.system.set('management_dispvm', '');
  await t.throwsAsync(restoreInSandbox(sandbox.work()), {
    instanceOf: NeedsError,
    message: /template/,
  });
  await client.create({ name: DISPOSABLE, class: 'AppVM', label: 'red' });
  await t.throwsAsync(restoreInSandbox(sandbox.work()), {
    instanceOf: UsageError,
    message: /is no disposable/,
  });
});

test('a second one at a time is refused', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': WAITS });
  await during(t, sandbox, async () => {
    await t.throwsAsync(restoreInSandbox(sandbox.work()), {
      instanceOf: NeedsError,
      message: 'Another restore in a disposable is under way',
    });
    t.true(sandbox.tags(DISPOSABLE).includes('backup-restore-mgmt'));
  });
});

test('a cancel takes everything back', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': WAITS });
  const { root } = sandbox.system;
  const abort = new AbortController();
  const restored = restoreInSandbox(sandbox.work({ signal: abort.signal }));
  await Promise.race([restored, appears(join(root, 'here'))]);
  const inside = clientOf(sandbox.system, DISPOSABLE);
  await inside.create({ name: 'half', class: 'AppVM', label: 'red' });
  abort.abort(new CancelledError('Interrupted by SIGINT'));
  await t.throwsAsync(restored, { instanceOf: CancelledError });
  for (const name of [DISPOSABLE, 'half']) t.is(sandbox.system.app.qubes.find(name), undefined);
  t.false(sandbox.tags('work').includes('backup-restore-storage'));
});

test('what a crash has left is cleared at the next start', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': 'exit 0' });
  const { client, tags, system } = sandbox;
  const template = 'default-dvm';
  await client.create({ name: DISPOSABLE, class: 'DispVM', label: 'red', template });
  const disposable = client.qube(DISPOSABLE);
  await disposable.features.set('tag-created-vm-with', 'backup-restore-in-progress');
  await disposable.tags.add('backup-restore-mgmt');
  await client.qube('vault').tags.add('backup-restore-storage');
  await client.qube('personal').tags.add('backup-restore-mgmt');
  const inside = clientOf(system, DISPOSABLE);
  for (const name of ['complete', 'half']) {
    await inside.create({ name, class: 'AppVM', label: 'red' });
  }
  await inside.qube('complete').tags.add('restored-from-backup-at-2026-01-01');
  await disposable.start();

  t.is(await restoreInSandbox(sandbox.work()), 0);
  t.is(system.app.qubes.find(DISPOSABLE), undefined);
  t.is(system.app.qubes.find('half'), undefined);
  const all = [...system.app.qubes].flatMap(({ tags: each }) => [...each]);
  t.deepEqual(
    all.filter((tag) => /^(backup-restore-|created-by-disp-backup)/.test(tag)),
    [],
  );
  t.true(tags('complete').some((tag) => tag.startsWith('restored-from-backup-at-')));
});

test('it gets no rights over what is restored by another way, and leaves its mark', async (t) => {
  const sandbox = await sandboxSystem(t, { 'qubes-restore': VERSION });
  await sandbox.client.qube('vault').tags.add('backup-restore-in-progress');
  await t.throwsAsync(restoreInSandbox(sandbox.work()), {
    instanceOf: NeedsError,
    message: 'Another restore has not ended: of vault',
  });
  t.true(sandbox.tags('vault').includes('backup-restore-in-progress'));
});

async function readdirOf(folder: string): Promise<readonly string[]> {
  const { stdout } = await execa('ls', [folder]);
  return stdout === '' ? [] : stdout.split('\n');
}
