import test from 'ava';

import type { AttachQuestion } from '../../../lib/model/devices/ask-to-attach.ts';
import { followDevices } from '../../../lib/model/behaviour/devices.ts';
import { openDeviceSystem } from '../../support/device-system.ts';
import type { DeviceSystem } from '../../support/device-system.ts';

const STICK = { 'sdb/desc': 'Stick (X)' };
const ATTACHED =
  "device-attach:block device=sys-net:sdb::None options={'read-only': 'no', 'frontend-dev': 'xvdi'}";
const PRE_ATTACH = 'device-pre-attach:block device=sys-net:sdb::None options={}';
const APPEARED = [
  'sys-net device-list-change:block',
  'sys-net device-added:block device=sys-net:sdb::None',
];

function assign(
  { ask }: DeviceSystem,
  qube: string,
  mode: string,
  device = 'sys-net+sdb',
): Promise<string> {
  return ask(`admin.vm.device.block.Assign+${device} dom0 name ${qube}`, mode);
}

function attachedTo({ app, qube }: DeviceSystem, name: string): readonly string[] {
  return app.hypervisor.attached(qube(name).uuid).map(({ backend, port }) => `${backend}:${port}`);
}

test('a device that appears is told, and attached to the running qube it is assigned to', async (t) => {
  const system = await openDeviceSystem(t);
  await assign(system, 'work', "mode='auto-attach'");
  await assign(system, 'personal', "mode='auto-attach'");
  await system.run('sys-net');
  await system.run('work');
  system.told();
  await system.expose('sys-net', 'block', STICK);
  t.deepEqual(await system.hear(4), [...APPEARED, `work ${PRE_ATTACH}`, `work ${ATTACHED}`]);
  // The backend says again what is known.
  await system.expose('sys-net', 'block', STICK);
  t.deepEqual(await system.hear(1), ['sys-net device-list-change:block']);
  t.deepEqual(attachedTo(system, 'work'), ['sys-net:sdb']);
  await system.withdraw('sys-net', 'block', 'sdb');
  t.deepEqual(await system.hear(3), [
    'sys-net device-list-change:block',
    'work device-detach:block port=sys-net:sdb',
    'sys-net device-removed:block port=sys-net:sdb',
  ]);
  t.deepEqual(attachedTo(system, 'work'), []);
  await system.expose('sys-net', 'block', STICK);
  t.deepEqual(await system.hear(4), [...APPEARED, `work ${PRE_ATTACH}`, `work ${ATTACHED}`]);
  t.deepEqual(system.logged, []);
});

test('a qube that starts gets what is assigned to it, the most special assignment first', async (t) => {
  const system = await openDeviceSystem(t);
  await assign(system, 'work', "mode='auto-attach' _read-only='yes'", 'sys-net+*:*');
  await assign(system, 'work', "mode='auto-attach' _frontend-dev='xvdz'");
  await assign(system, 'work', "mode='auto-attach'", 'sys-net+sdc:other');
  await system.run('sys-net');
  await system.expose('sys-net', 'block', { ...STICK, 'sdc/desc': 'a', 'sdd/desc': 'b' });
  await system.hear(4);
  await system.run('work');
  await system.qube('work').act('domain-start', { start_guid: true });
  t.deepEqual(
    system.told().filter((event) => event.includes('device-attach:')),
    [
      "work device-attach:block device=sys-net:sdb::None options={'frontend-dev': 'xvdz', 'read-only': 'no'}",
      "work device-attach:block device=sys-net:sdc::None options={'read-only': 'yes', 'frontend-dev': 'xvdi'}",
      "work device-attach:block device=sys-net:sdd::None options={'read-only': 'yes', 'frontend-dev': 'xvdj'}",
    ],
  );
});

test('what another qube has already is left to it at the start of the next', async (t) => {
  const system = await openDeviceSystem(t);
  for (const name of ['work', 'personal']) await assign(system, name, "mode='auto-attach'");
  await system.run('sys-net');
  await system.expose('sys-net', 'block', STICK);
  for (const name of ['work', 'personal']) {
    await system.run(name);
    await system.qube(name).act('domain-start', { start_guid: true });
  }
  t.deepEqual(attachedTo(system, 'work'), ['sys-net:sdb']);
  t.deepEqual(attachedTo(system, 'personal'), []);
  t.deepEqual(system.logged, []);
});

test('several qubes that claim a device: the person is asked, once', async (t) => {
  const questions: AttachQuestion[] = [];
  const system = await openDeviceSystem(t, {
    askToAttach: (question) => {
      questions.push(question);
      return Promise.resolve('personal');
    },
  });
  await assign(system, 'work', "mode='auto-attach'");
  await assign(system, 'personal', "mode='ask-to-attach'");
  for (const name of ['sys-net', 'work', 'personal']) await system.run(name);
  system.told();
  await system.expose('sys-net', 'block', STICK);
  t.deepEqual((await system.hear(4)).slice(2), [`personal ${PRE_ATTACH}`, `personal ${ATTACHED}`]);
  t.deepEqual(questions, [
    {
      backend: 'sys-net',
      port: 'sdb',
      description: 'hosted by sys-net X',
      targets: ['personal', 'work'],
    },
  ]);
});

test('a device to be asked for is attached when the answer is yes, not else', async (t) => {
  for (const [answer, expected] of [
    ['work', ['sys-net:sdb']],
    ['vault', []],
    [undefined, []],
  ] as const) {
    const system = await openDeviceSystem(t, { askToAttach: () => Promise.resolve(answer) });
    await assign(system, 'work', "mode='ask-to-attach'");
    await system.run('sys-net');
    await system.run('work');
    await system.expose('sys-net', 'block', STICK);
    const isDone = (): boolean =>
      attachedTo(system, 'work').length > 0 ||
      system.logged.some((line) => /nobody chose/.test(line));
    await system.until(isDone);
    t.true(isDone());
    t.deepEqual(attachedTo(system, 'work'), expected);
  }
});

test('where nobody can be asked nothing is attached, and the log says so', async (t) => {
  const system = await openDeviceSystem(t);
  await assign(system, 'work', "mode='ask-to-attach'");
  await system.run('sys-net');
  await system.run('work');
  await system.expose('sys-net', 'block', STICK);
  await system.until(() => system.logged.length > 0);
  t.deepEqual(system.logged, [
    'block device sys-net:sdb::None is not attached: nobody chose one of work\n',
  ]);
  t.deepEqual(attachedTo(system, 'work'), []);
});

test('a start is not held up by the person who is asked', async (t) => {
  let answer: (name: string) => void = () => undefined;
  const system = await openDeviceSystem(t, {
    askToAttach: () => new Promise((resolve) => (answer = resolve)),
  });
  await assign(system, 'work', "mode='ask-to-attach'");
  await system.run('sys-net');
  await system.expose('sys-net', 'block', STICK);
  await system.run('work');
  await system.qube('work').act('domain-start', { start_guid: true });
  t.deepEqual(attachedTo(system, 'work'), []);
  answer('work');
  await system.until(() => attachedTo(system, 'work').length > 0);
  t.deepEqual(attachedTo(system, 'work'), ['sys-net:sdb']);
});

test('a backend that stops takes its devices along, a frontend gives them back', async (t) => {
  const system = await openDeviceSystem(t);
  for (const name of ['sys-net', 'work', 'personal']) await system.run(name);
  await system.expose('sys-net', 'block', { ...STICK, 'sdc/desc': 'a' });
  await system.hear(3);
  for (const [name, port] of [
    ['work', 'sdb'],
    ['personal', 'sdc'],
  ] as const) {
    t.is(await system.ask(`admin.vm.device.block.Attach+sys-net+${port} dom0 name ${name}`), '0\0');
  }
  system.told();
  await system.stop('personal');
  t.deepEqual(system.told(), ['personal device-detach:block port=sys-net:sdc']);
  await system.stop('sys-net');
  t.deepEqual(system.told(), [
    'sys-net device-removed:block port=sys-net:sdb',
    'work device-detach:block port=sys-net:sdb',
    'sys-net device-removed:block port=sys-net:sdc',
  ]);
  t.deepEqual(attachedTo(system, 'work'), []);
  await system.stop('work');
  t.deepEqual(system.told(), []);
  t.deepEqual(system.logged, []);
});

test('a host that is started after the qubes knows their devices, and follows them', async (t) => {
  const system = await openDeviceSystem(t);
  const { app, qube } = system;
  await assign(system, 'work', "mode='auto-attach'", 'sys-net+*:*');
  for (const name of ['sys-net', 'work']) {
    const { uuid } = qube(name);
    await app.qubesdb.start({ name, uuid });
    await app.hypervisor.create({
      ...{ uuid, name, memoryMiB: 400, maxMemoryMiB: 400, vcpus: 1, disks: [], devices: [] },
    });
  }
  await system.expose('sys-net', 'block', STICK);
  system.told();
  for (const name of ['sys-net', 'work']) await followDevices(qube(name));
  t.deepEqual(system.told(), []);
  await system.expose('sys-net', 'block', { 'sdc/desc': 'b' });
  t.deepEqual((await system.hear(4)).slice(0, 2), [
    'sys-net device-list-change:block',
    'sys-net device-added:block device=sys-net:sdc::None',
  ]);
});

test('USB devices that were handed on by somebody else are told', async (t) => {
  const system = await openDeviceSystem(t);
  for (const name of ['sys-net', 'work', 'personal']) await system.run(name);
  await system.expose('sys-net', 'usb', { '1-1/desc': '1a0a:badd   ' });
  await system.hear(2);
  for (const [name, told] of [
    ['work', ['work device-attach:usb device=sys-net:1-1:1a0a:badd::?****** options={}']],
    [
      'personal',
      [
        'work device-detach:usb port=sys-net:1-1',
        'personal device-attach:usb device=sys-net:1-1:1a0a:badd::?****** options={}',
      ],
    ],
  ] as const) {
    await system.expose('sys-net', 'usb', { '1-1/connected-to': name });
    t.deepEqual((await system.hear(1 + told.length)).slice(1), told);
  }
});
