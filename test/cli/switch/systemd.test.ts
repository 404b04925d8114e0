import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { NeedsError } from '../../../lib/base/errors.ts';
import { createLog } from '../../../lib/base/log.ts';
import { disableHost } from '../../../lib/cli/switch/disable-host.ts';
import { enableHost } from '../../../lib/cli/switch/enable-host.ts';
import { type Systemd, systemdOf } from '../../../lib/cli/switch/systemd.ts';
import { Machine } from '../../../lib/cli/takeover/machine.ts';
import { contentOf, installInto, makeFiles } from '../../support/installed-root.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ROOT = '/var/lib/qubes';

/** Notes what it is told; `refuses` names what fails. qubesd runs, and is started with the machine. */
class PlayedSystemd implements Systemd {
  readonly told: string[] = [];
  readonly #refuses: string;

  constructor(refuses = '') {
    this.#refuses = refuses;
  }

  enable = (units: readonly string[]): Promise<void> => this.#take('enable', ...units);
  disable = (units: readonly string[]): Promise<void> => this.#take('disable', ...units);
  mask = (unit: string): Promise<void> => this.#take('mask', unit);
  unmask = (unit: string): Promise<void> => this.#take('unmask', unit);
  start = (unit: string): Promise<void> => this.#take('start', unit);
  stop = (units: readonly string[]): Promise<void> => this.#take('stop', ...units);
  reload = (): Promise<void> => this.#take('reload');
  isActive = (): Promise<boolean> => Promise.resolve(true);
  isEnabled = (): Promise<boolean> => Promise.resolve(true);

  async #take(...words: readonly string[]): Promise<void> {
    this.told.push(words.join(' '));
    if (words[0] === this.#refuses) throw new NeedsError(`Cannot ${words.join(' ')}`);
    await Promise.resolve();
  }
}

async function newMachine(t: ExecutionContext): Promise<Machine> {
  const root = await temporaryFolder(t);
  await installInto(root);
  await makeFiles(root, {
    'var/lib/qubes/qubes.xml': sessionStore('start'),
    'etc/tmpfiles.d/other.conf': '',
  });
  return new Machine(root);
}

const sockets = 'qubes-rpcd.socket qubes-rpcd-internal.socket qubes-rpcd-misc.socket';

test('qubesd is out of the way before the host is let in, and back after it has gone', async (t) => {
  const machine = await newMachine(t);
  const systemd = new PlayedSystemd();
  const log = createLog(() => undefined);
  await enableHost({ machine, systemd, root: ROOT, replacesStock: true, log });
  t.deepEqual(systemd.told, ['mask qubesd.service', 'reload', `enable ${sockets}`]);

  systemd.told.length = 0;
  t.true(await disableHost(machine, systemd));
  t.deepEqual(systemd.told, [
    `disable ${sockets}`,
    'stop qubes-rpcd.service',
    'unmask qubesd.service',
    'start qubesd.service',
    'reload',
  ]);
});

for (const refused of ['mask', 'reload', 'enable']) {
  test(`where systemd refuses to ${refused}, all is taken back and qubesd runs again`, async (t) => {
    const machine = await newMachine(t);
    const before = await contentOf(machine.root);
    const systemd = new PlayedSystemd(refused);
    const log = createLog(() => undefined);
    const task = { machine, systemd, root: ROOT, replacesStock: true, log };
    await t.throwsAsync(enableHost(task), { message: new RegExp(`^Cannot ${refused}`) });
    t.deepEqual(await contentOf(machine.root), before);
    t.deepEqual(systemd.told.slice(-3), [
      'unmask qubesd.service',
      'start qubesd.service',
      'reload',
    ]);
  });
}

test('disabling that was cut short goes on when it is done again', async (t) => {
  const machine = await newMachine(t);
  const before = await contentOf(machine.root);
  const log = createLog(() => undefined);
  await enableHost({
    ...{ machine, systemd: new PlayedSystemd(), root: ROOT, replacesStock: true, log },
  });
  await t.throwsAsync(disableHost(machine, new PlayedSystemd('start')));
  const systemd = new PlayedSystemd();
  t.true(await disableHost(machine, systemd));
  t.true(systemd.told.includes('start qubesd.service'));
  t.deepEqual(await contentOf(machine.root), before);
});

test('two at once: one is refused, or both are made; a mask of the person’s own is kept', async (t) => {
  const machine = await newMachine(t);
  await mkdir(machine.at(machine.ownUnits), { recursive: true });
  await symlink('/dev/null', machine.at(machine.ownUnits, 'qubesd.service'));
  const before = await contentOf(machine.root);
  const task = { machine, root: ROOT, replacesStock: true, log: createLog(() => undefined) };
  const runs = await Promise.allSettled(
    [0, 1].map(() => enableHost({ ...task, systemd: new PlayedSystemd() })),
  );
  const refused = runs.filter((run) => run.status === 'rejected');
  for (const { reason } of refused) t.regex(String(reason), /another qubes-rpc is doing so/);
  t.true(refused.length < 2);
  const systemd = new PlayedSystemd();
  t.true(await disableHost(machine, systemd));
  t.false(systemd.told.includes('unmask qubesd.service'));
  t.deepEqual(await contentOf(machine.root), before);
});

/** A systemctl that notes its arguments, and ends with a status. */
async function played(t: ExecutionContext, status: number): Promise<() => Promise<string[]>> {
  const folder = await temporaryFolder(t);
  const told = join(folder, 'told');
  await mkdir(join(folder, 'bin'));
  const script = `#!/bin/sh\necho "$*" >>'${told}'\necho 'It was refused.' >&2\nexit ${status}\n`;
  await writeFile(join(folder, 'bin', 'systemctl'), script, { mode: 0o755 });
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${join(folder, 'bin')}:${before}`;
  t.teardown(() => {
    process.env['PATH'] = before;
  });
  return async () => (await readFile(told, 'utf8')).trimEnd().split('\n');
}

test.serial('on this machine units are switched at once', async (t) => {
  const told = await played(t, 0);
  const systemd = systemdOf(new Machine());
  await systemd.mask('qubesd.service');
  await systemd.reload();
  await systemd.enable(['a.socket', 'b.socket']);
  await systemd.stop(['qubes-rpcd.service']);
  t.true(await systemd.isActive('qubesd.service'));
  t.deepEqual(await told(), [
    'mask qubesd.service',
    'stop qubesd.service',
    'daemon-reload',
    'enable a.socket b.socket',
    'start a.socket b.socket',
    'stop qubes-rpcd.service',
    'is-active --quiet qubesd.service',
  ]);
});

test.serial('on another one only its files are changed', async (t) => {
  const told = await played(t, 0);
  const systemd = systemdOf(new Machine('/srv/other'));
  await systemd.mask('qubesd.service');
  await systemd.reload();
  await systemd.start('qubesd.service');
  t.false(await systemd.isActive('qubesd.service'));
  t.deepEqual(await told(), ['--root=/srv/other mask qubesd.service']);
});

test.serial('what systemctl refuses is told in its words', async (t) => {
  await played(t, 3);
  const systemd = systemdOf(new Machine());
  t.false(await systemd.isActive('qubesd.service'));
  await t.throwsAsync(systemd.unmask('qubesd.service'), {
    instanceOf: NeedsError,
    message: 'Cannot systemctl unmask qubesd.service: It was refused.',
  });
});
