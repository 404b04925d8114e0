import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import type { AttachedDevice, DomainDefinition } from '../../lib/hypervisor/hypervisor.ts';
import type { MachineSettings } from '../../lib/hypervisor/machine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ADMIN = '00000000-0000-0000-0000-000000000000';

/** A machine on a folder of its own, and what it tells. */
class Machine {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly root: string;
  hypervisor: EmbeddedHypervisor;

  static async make(t: ExecutionContext, settings: MachineSettings = {}): Promise<Machine> {
    const machine = new Machine(await temporaryFolder(t));
    await machine.set(settings);
    t.teardown(() => machine.hypervisor.close());
    return machine;
  }

  private constructor(root: string) {
    this.root = root;
    this.hypervisor = this.#open();
  }

  async set(settings: MachineSettings): Promise<void> {
    await writeFile(join(this.root, 'machine.json'), JSON.stringify(settings));
  }

  /** Another host comes in the place of this one. */
  restart(): void {
    this.hypervisor.close();
    this.hypervisor = this.#open();
  }

  stateOf(uuid: string): string {
    return this.hypervisor.domain(uuid).state;
  }

  async run(uuid: string): Promise<void> {
    await this.hypervisor.create(definition(uuid));
    await this.hypervisor.unpause(uuid);
  }

  #open(): EmbeddedHypervisor {
    const opened = new EmbeddedHypervisor(this.root, { clock: this.clock });
    opened.watch((uuid, change) => this.told.push(`${uuid} ${change}`));
    return opened;
  }
}

/** A qube whose UUID, for once, is its name. */
function definition(name: string, facts: Partial<DomainDefinition> = {}): DomainDefinition {
  return {
    uuid: name,
    name,
    memoryMiB: 400,
    maxMemoryMiB: 4000,
    vcpus: 2,
    disks: [],
    devices: [],
    ...facts,
  };
}

const DEVICE: AttachedDevice = {
  deviceClass: 'block',
  backend: 'sys-usb',
  port: 'sda',
  device: '*',
  options: new Map([['read-only', 'yes']]),
};

test('nothing is asked of the disk before something is done, and only dom0 runs', (t) => {
  const hypervisor = new EmbeddedHypervisor('/nowhere');
  const admin = hypervisor.domain(ADMIN);
  t.is(admin.state, 'Running');
  t.is(admin.xid, 0);
  t.is(admin.memoryKiB, hypervisor.host.adminMemoryMiB * 1024);
  const other = hypervisor.domain('b9e79d99-0af9-4ec9-8d28-39dd96288826');
  t.is(other.state, 'Halted');
  t.is(other.xid, -1);
  t.is(other.startTime, undefined);
  t.is(hypervisor.host.memoryKiB, Math.floor(totalmem() / 1024));
  t.true(hypervisor.host.adminMemoryMiB <= 4096);
  t.true(hypervisor.host.cpus >= 1 && hypervisor.host.cpus <= cpus().length);
  t.deepEqual(hypervisor.pciDevices, []);
});

test('a qube from its creation to its end', async (t) => {
  const machine = await Machine.make(t, { shutdownSeconds: 2 });
  const { hypervisor, root, clock } = machine;
  await hypervisor.create(definition('work', { devices: [DEVICE] }));
  const { state, xid, startTime, memoryKiB, memoryMaxKiB } = hypervisor.domain('work');
  t.deepEqual([state, xid, startTime], ['Paused', 1, 1_700_000_000]);
  t.deepEqual([memoryKiB, memoryMaxKiB], [400 * 1024, 4000 * 1024]);
  t.deepEqual(hypervisor.attached('work'), [DEVICE]);
  t.true((await stat(join(root, 'home', 'work'))).isDirectory());
  await hypervisor.unpause('work');
  t.is(machine.stateOf('work'), 'Running');
  t.deepEqual(hypervisor.use(), [{ uuid: 'work', memoryKiB: 400 * 1024, cpuTimeNs: 0, vcpus: 2 }]);
  await hypervisor.pause('work');
  await hypervisor.unpause('work');
  t.true(await hypervisor.suspend('work'));
  t.is(machine.stateOf('work'), 'Suspended');
  await hypervisor.wake('work');
  await hypervisor.shutdown('work');
  t.is(machine.stateOf('work'), 'Halting');
  await clock.pass(1999);
  t.is(machine.stateOf('work'), 'Halting');
  await clock.pass(1);
  t.is(machine.stateOf('work'), 'Halted');
  t.deepEqual(hypervisor.use(), []);
  t.deepEqual(hypervisor.attached('work'), []);
  t.deepEqual(
    machine.told.map((text) => text.replace('work ', '')),
    ['unpaused', 'paused', 'unpaused', 'suspended', 'unpaused', 'stopped'],
  );
  t.deepEqual(await readdir(join(root, 'run')), ['domains.json']);
});

test('what is not running can do nothing', async (t) => {
  const { hypervisor } = await Machine.make(t);
  for (const work of [
    () => hypervisor.unpause('work'),
    () => hypervisor.pause('work'),
    () => hypervisor.suspend('work'),
    () => hypervisor.wake('work'),
    () => hypervisor.shutdown('work'),
    () => hypervisor.attach('work', DEVICE),
    () => hypervisor.detach('work', DEVICE),
    () => hypervisor.console('work'),
  ]) {
    await t.throwsAsync(work, {
      instanceOf: QubesException,
      message: 'There is no running domain work',
    });
  }
  await hypervisor.destroy('work');
});

test('a qube cannot run twice, and none gets the number of another', async (t) => {
  const machine = await Machine.make(t);
  const xids = new Set<number>();
  for (let turn = 0; turn < 5; turn++) {
    for (const name of ['a', 'b']) {
      await machine.hypervisor.create(definition(name));
      xids.add(machine.hypervisor.domain(name).xid);
    }
    await t.throwsAsync(machine.hypervisor.create(definition('a')), {
      instanceOf: QubesException,
      message: 'The domain a runs already',
    });
    await machine.hypervisor.destroy('a');
    machine.restart();
    await machine.hypervisor.destroy('b');
  }
  t.deepEqual([...xids], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('memory is that of the machine less what dom0 and the others have', async (t) => {
  const { hypervisor } = await Machine.make(t, { memoryMiB: 2000, adminMemoryMiB: 800 });
  t.is(hypervisor.host.memoryKiB, 2000 * 1024);
  const first = await hypervisor.reserveMemory('a', 400);
  t.truthy(first);
  await hypervisor.create(definition('a'));
  // The qube has it: it is not counted twice.
  const second = await hypervisor.reserveMemory('b', 800);
  t.truthy(second);
  t.is(await hypervisor.reserveMemory('c', 1), undefined);
  second?.release();
  first?.release();
  t.is(await hypervisor.reserveMemory('c', 801), undefined);
  (await hypervisor.reserveMemory('c', 800))?.release();
  await hypervisor.destroy('a');
  t.truthy(await hypervisor.reserveMemory('c', 1200));
  t.is(await hypervisor.reserveMemory('d', 1), undefined);
});

test('dom0 leaves three quarters of a small machine to the qubes', async (t) => {
  const { hypervisor } = await Machine.make(t, { memoryMiB: 4000 });
  t.is(hypervisor.host.adminMemoryMiB, 1000);
  const large = await Machine.make(t, { memoryMiB: 64_000 });
  t.is(large.hypervisor.host.adminMemoryMiB, 4096);
});

test('the machine is what its description says at the moment', async (t) => {
  const machine = await Machine.make(t);
  const device = {
    address: '0000:00:14.0',
    vendorId: '8086',
    deviceId: 'a12f',
    classCode: '0c0330',
    product: 'xHCI',
  };
  await machine.set({ cpus: 7, balancesMemory: false, pciDevices: [device] });
  const { host, pciDevices } = machine.hypervisor;
  t.is(host.cpus, 7);
  t.false(host.balancesMemory);
  t.deepEqual(pciDevices, [{ ...device, vendor: undefined }]);
  await rm(join(machine.root, 'machine.json'));
  t.true(host.balancesMemory);
  t.deepEqual(machine.hypervisor.pciDevices, []);
});

for (const [what, content, reason] of [
  ['what is no JSON', '{', 'it is not JSON'],
  ['a list', '[]', 'it is not an object'],
  ['a number for failures', '{"failures": {"work": 1}}', 'failures.work: it is not an object'],
  ['one device', '{"pciDevices": {}}', 'pciDevices: it is no list'],
  ['an unknown key', '{"memory": 1}', 'it has what nobody knows: memory'],
  ['text for memory', '{"memoryMiB": "1"}', 'memoryMiB: it is no whole number of MiB'],
  ['no memory', '{"memoryMiB": 0}', 'memoryMiB: it is no number of MiB'],
  ['too many processors', '{"cpus": 4097}', 'cpus: it is more than 4096'],
  [
    'a time before now',
    '{"startSeconds": -1}',
    'startSeconds: it is no number of seconds up to a day',
  ],
  [
    'another word',
    '{"shutdownSeconds": "ever"}',
    'shutdownSeconds: it is no number of seconds up to a day, and not never',
  ],
  [
    'an address that is none',
    '{"pciDevices": [{"address": "00:14.0", "vendorId": "8086", "deviceId": "a12f", "classCode": "0c0330"}]}',
    'pciDevices.0.address: it is no address of a PCI device such as 0000:00:14.0',
  ],
  [
    'a device without a class',
    '{"pciDevices": [{"address": "0000:00:14.0", "vendorId": "8086", "deviceId": "a12f"}]}',
    'pciDevices.0.classCode: it is not 6 hex digits',
  ],
  [
    'an action that is none',
    '{"failures": {"work": {"start": "no"}}}',
    'failures.work: it has what nobody knows: start',
  ],
  [
    'a crash at no time',
    '{"crashes": {"work": {}}}',
    'crashes.work.afterSeconds: it is no number of seconds up to a day',
  ],
  ['too much', `{"cpus": 1}${' '.repeat(256 * 1024)}`, 'it is larger than 262144 bytes'],
] as const) {
  test(`a description of the machine with ${what}`, async (t) => {
    const { hypervisor, root } = await Machine.make(t);
    const path = join(root, 'machine.json');
    await writeFile(path, content);
    const expected = { instanceOf: QubesException, message: `Cannot use ${path}: ${reason}` };
    await t.throwsAsync(hypervisor.create(definition('work')), expected);
    t.throws(() => hypervisor.resume(), expected);
    t.is(hypervisor.domain('work').state, 'Halted');
  });
}

test('what is said to fail fails with its message, and nothing has changed', async (t) => {
  const machine = await Machine.make(t);
  const { hypervisor } = machine;
  const fail = (action: string): Promise<void> =>
    machine.set({ failures: { work: { [action]: `no ${action}` } } });
  const expected = (action: string) => ({
    instanceOf: QubesException,
    message: `no ${action}`,
  });
  await fail('create');
  await t.throwsAsync(hypervisor.create(definition('work')), expected('create'));
  t.is(machine.stateOf('work'), 'Halted');
  await hypervisor.create(definition('other'));
  await fail('unpause');
  await hypervisor.create(definition('work'));
  await t.throwsAsync(hypervisor.unpause('work'), expected('unpause'));
  t.is(machine.stateOf('work'), 'Paused');
  await machine.set({});
  await hypervisor.unpause('work');
  const version = hypervisor.version;
  for (const [action, work] of [
    ['pause', () => hypervisor.pause('work')],
    ['suspend', () => hypervisor.suspend('work')],
    ['wake', () => hypervisor.wake('work')],
    ['shutdown', () => hypervisor.shutdown('work')],
    ['destroy', () => hypervisor.destroy('work')],
    ['attach', () => hypervisor.attach('work', DEVICE)],
    ['detach', () => hypervisor.detach('work', DEVICE)],
  ] as const) {
    await fail(action);
    await t.throwsAsync(work, expected(action));
  }
  t.is(machine.stateOf('work'), 'Running');
  t.is(hypervisor.version, version);
  t.deepEqual(machine.told, ['work unpaused']);
});

test('a start takes its time, in which the qube can be ended', async (t) => {
  const machine = await Machine.make(t, { startSeconds: 3 });
  const { hypervisor, clock } = machine;
  let isUp = false;
  await hypervisor.create(definition('work'));
  const start = hypervisor.unpause('work').then(() => (isUp = true));
  t.is(machine.stateOf('work'), 'Transient');
  t.deepEqual(machine.told, ['work unpaused']);
  await clock.pass(2999);
  t.false(isUp);
  await clock.pass(1);
  t.true(isUp);
  t.is(machine.stateOf('work'), 'Running');
  await start;

  await hypervisor.create(definition('other'));
  const ended = hypervisor.unpause('other');
  await hypervisor.destroy('other');
  await t.throwsAsync(ended, {
    instanceOf: QubesException,
    message: 'The domain other ended before it was up',
  });
});

test('a qube may not listen when it is to shut down', async (t) => {
  const machine = await Machine.make(t, { shutdownSeconds: 'never' });
  await machine.run('work');
  await machine.hypervisor.shutdown('work');
  await machine.clock.pass(86_400_000);
  t.is(machine.stateOf('work'), 'Running');
  await machine.set({});
  await machine.hypervisor.pause('work');
  await machine.hypervisor.shutdown('work');
  await machine.clock.pass(86_400_000);
  t.is(machine.stateOf('work'), 'Paused');
  await machine.hypervisor.unpause('work');
  await machine.hypervisor.shutdown('work');
  await t.throwsAsync(machine.hypervisor.pause('work'), {
    instanceOf: QubesException,
    message: 'The domain work cannot be paused: it is Halting',
  });
  await machine.hypervisor.shutdown('work');
  await machine.clock.pass(1);
  t.deepEqual(machine.told.slice(-2), ['work unpaused', 'work stopped']);
});

test('a qube that cannot sleep stays awake', async (t) => {
  const machine = await Machine.make(t, { canSleep: false });
  await machine.run('work');
  t.false(await machine.hypervisor.suspend('work'));
  t.is(machine.stateOf('work'), 'Running');
});

test('a qube dies, and goes at once or remains', async (t) => {
  const machine = await Machine.make(t, {
    startSeconds: 1,
    crashes: { goes: { afterSeconds: 2 }, stays: { afterSeconds: 2, remains: true } },
  });
  const { hypervisor, clock } = machine;
  for (const name of ['goes', 'stays']) {
    await hypervisor.create(definition(name));
    const start = hypervisor.unpause(name);
    await clock.pass(1000);
    await start;
  }
  await clock.pass(2000);
  t.is(machine.stateOf('goes'), 'Halted');
  t.is(machine.stateOf('stays'), 'Crashed');
  t.deepEqual(machine.told, ['goes unpaused', 'stays unpaused', 'goes stopped']);
  machine.restart();
  t.is(machine.stateOf('stays'), 'Crashed');
  await machine.hypervisor.destroy('stays');
  t.is(machine.stateOf('stays'), 'Halted');
});

test('the next host brings to an end what had begun', async (t) => {
  const machine = await Machine.make(t, { shutdownSeconds: 5, startSeconds: 5 });
  const { clock } = machine;
  await machine.hypervisor.create(definition('starts'));
  const starting = t.throwsAsync(machine.hypervisor.unpause('starts'), {
    message: /the host ends$/,
  });
  await machine.set({ shutdownSeconds: 5 });
  await machine.run('ends');
  await machine.hypervisor.shutdown('ends');
  machine.restart();
  await starting;
  t.deepEqual(machine.hypervisor.resume(), ['starts', 'ends']);
  t.deepEqual([machine.stateOf('starts'), machine.stateOf('ends')], ['Transient', 'Halting']);
  await clock.pass(5000);
  t.deepEqual([machine.stateOf('starts'), machine.stateOf('ends')], ['Running', 'Halted']);

  await machine.hypervisor.shutdown('starts');
  machine.hypervisor.close();
  await clock.pass(60_000);
  machine.restart();
  t.is(machine.stateOf('starts'), 'Halting');
  await clock.pass(0);
  t.is(machine.stateOf('starts'), 'Halted');
  t.is(machine.told.at(-1), 'starts stopped');
});

test('after a start of the machine nothing runs', async (t) => {
  const machine = await Machine.make(t);
  t.is(machine.hypervisor.resume(), undefined);
  await machine.run('work');
  machine.restart();
  t.deepEqual(machine.hypervisor.resume(), ['work']);
  const path = join(machine.root, 'run', 'domains.json');
  const saved = await readFile(path, 'utf8');
  await writeFile(path, saved.replace(/"bootId":"[^"]+"/, '"bootId":"another"'));
  machine.restart();
  t.is(machine.hypervisor.resume(), undefined);
  t.is(machine.stateOf('work'), 'Halted');
  machine.restart();
  t.deepEqual(machine.hypervisor.resume(), []);
});

for (const [what, content] of [
  ['what is no JSON', '{"domains"'],
  ['another shape', '{"bootId": "x", "lastXid": 1, "domains": [{}]}'],
] as const) {
  test(`${what} in the file of the domains is an error that names it`, async (t) => {
    const { hypervisor, root } = await Machine.make(t);
    await mkdir(join(root, 'run'));
    const path = join(root, 'run', 'domains.json');
    await writeFile(path, content);
    t.throws(() => hypervisor.resume(), {
      instanceOf: QubesException,
      message: new RegExp(`^Cannot read ${path}: .*When it is removed, no qube runs\\.$`),
    });
  });
}

test('a host that is killed between two states of the machine leaves the new one', async (t) => {
  const machine = await Machine.make(t);
  await machine.run('work');
  const path = join(machine.root, 'run', 'domains.json');
  await rename(path, `${path}.partial`);
  machine.restart();
  t.deepEqual(machine.hypervisor.resume(), ['work']);
  await machine.run('vault');
  const left = (await readdir(join(machine.root, 'run'))).filter((one) =>
    one.startsWith('domains'),
  );
  t.deepEqual(left, ['domains.json']);
  // Of the first state there may be a part.
  await rm(path);
  await writeFile(`${path}.partial`, '{"bootId":');
  machine.restart();
  t.is(machine.hypervisor.resume(), undefined);
});

test('what the machine lost with its power is no error', async (t) => {
  const { hypervisor, root } = await Machine.make(t);
  await mkdir(join(root, 'run'));
  await writeFile(join(root, 'run', 'domains.json'), '');
  t.is(hypervisor.resume(), undefined);
});

test('who listens hears of all changes in their order, also of those made while listening', async (t) => {
  const machine = await Machine.make(t);
  const { hypervisor } = machine;
  const heard: string[] = [];
  const stop = hypervisor.watch((uuid, change) => {
    heard.push(`first ${change} ${hypervisor.domain(uuid).state}`);
    if (change === 'paused') void hypervisor.unpause(uuid);
  });
  const stopSecond = hypervisor.watch((_, change) => {
    heard.push(`second ${change}`);
    if (change === 'unpaused') stopSecond();
  });
  await hypervisor.create(definition('work'));
  await hypervisor.unpause('work');
  await hypervisor.pause('work');
  stop();
  await hypervisor.destroy('work');
  t.deepEqual(heard, [
    'first unpaused Running',
    'second unpaused',
    'first paused Paused',
    'first unpaused Running',
  ]);
  t.deepEqual(machine.told, ['work unpaused', 'work paused', 'work unpaused', 'work stopped']);
});

test('of a qube that is removed nothing is left', async (t) => {
  const machine = await Machine.make(t);
  const { hypervisor, root } = machine;
  await machine.run('work');
  t.regex(await readFile(await hypervisor.console('work'), 'utf8'), /^work runs on an embedded/);
  await writeFile(join(root, 'home', 'work', 'file'), 'x');
  await writeFile(join(root, 'run', 'work', 'left'), 'x');
  await hypervisor.destroy('work');
  t.deepEqual(await readdir(join(root, 'home', 'work')), ['file']);
  await hypervisor.forget({ name: 'work' });
  t.deepEqual(await readdir(join(root, 'home')), []);
  t.deepEqual(await readdir(join(root, 'run')), ['domains.json']);
});

test('a disk that refuses keeps a change from being made', async (t) => {
  const machine = await Machine.make(t);
  await machine.run('work');
  await rm(join(machine.root, 'run'), { recursive: true });
  await writeFile(join(machine.root, 'run'), 'in the way');
  await t.throwsAsync(machine.hypervisor.pause('work'), {
    instanceOf: QubesException,
    message: /^Cannot write .*domains\.json: /,
  });
  t.is(machine.stateOf('work'), 'Running');
  t.deepEqual(machine.told, ['work unpaused']);
});

test('what is due is done as soon as the disk allows it', async (t) => {
  const machine = await Machine.make(t, { shutdownSeconds: 5 });
  await machine.run('work');
  await machine.hypervisor.shutdown('work');
  const run = join(machine.root, 'run');
  await rm(run, { recursive: true });
  await writeFile(run, 'in the way');
  await machine.clock.pass(10_000);
  t.is(machine.stateOf('work'), 'Halting');
  await rm(run);
  await machine.clock.pass(1000);
  t.is(machine.stateOf('work'), 'Halted');
  t.is(machine.told.at(-1), 'work stopped');
});
