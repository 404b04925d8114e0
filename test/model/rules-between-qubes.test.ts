import test from 'ava';

import {
  PermissionDenied,
  QubesInvalidTagError,
  QubesPropertyValueError,
  QubesValueError,
  QubesVMInUseError,
  QubesVMNotFoundError,
  QubesVMNotHaltedError,
  QubesVMNotStartedError,
} from '../../lib/base/admin-error.ts';
import { createQube } from '../../lib/model/create-qube.ts';
import { SampleSystem } from '../support/sample-system.ts';

test('a qube that runs cannot be connected through one that does not', async (t) => {
  const system = await SampleSystem.open(t);
  system.run('work');
  const refusal = {
    instanceOf: QubesVMNotStartedError,
    message: 'Cannot dynamically attach to stopped qube sys-net',
  };
  t.throws(() => system.set('work', 'netvm', 'sys-net'), refusal);
  t.throws(() => system.setGlobal('default_netvm', 'sys-net'), refusal);
  t.is(system.get('personal', 'netvm'), 'sys-firewall');
  system.run('sys-net');
  system.set('work', 'netvm', 'sys-net');
  t.is(system.get('work', 'netvm'), 'sys-net');
});

test('a qube that runs goes back to the default netvm only if that runs', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('work', 'netvm', '');
  system.run('work');
  t.throws(() => system.reset('work', 'netvm'), { instanceOf: QubesVMNotStartedError });
  t.is(system.get('work', 'netvm'), '');
});

test('a qube goes back to the default netvm only if that leads elsewhere', async (t) => {
  const system = await SampleSystem.open(t);
  t.throws(() => system.reset('sys-net', 'netvm'), {
    instanceOf: QubesValueError,
    message: 'Loops in network are unsupported',
  });
  t.is(system.get('sys-net', 'netvm'), '');
});

test('a loop by way of the default netvm is refused', async (t) => {
  const system = await SampleSystem.open(t);
  system.setGlobal('default_netvm', '');
  system.reset('sys-net', 'netvm');
  t.throws(() => system.setGlobal('default_netvm', 'sys-firewall'), {
    instanceOf: QubesPropertyValueError,
    message: "Network loop on 'sys-net'",
  });
  t.is(system.get('sys-net', 'netvm'), '');
});

test('the default netvm keeps its network', async (t) => {
  const system = await SampleSystem.open(t);
  for (const qube of system.app.qubes) {
    if (system.app.qubes.admin === qube || qube.className === 'RemoteVM') continue;
    system.set(qube.name, 'netvm', '');
  }
  t.throws(() => system.set('sys-firewall', 'provides_network', 'no'), {
    instanceOf: QubesValueError,
    message: "The qube is still the system's 'default_netvm', change that first",
  });
  system.setGlobal('default_netvm', '');
  system.set('sys-firewall', 'provides_network', 'no');
  t.false(system.qube('sys-firewall').features.has('servicevm'));
});

test('maxmem of a qube that runs changes only where memory can be added', async (t) => {
  const system = await SampleSystem.open(t);
  system.run('work');
  const refusal = {
    instanceOf: QubesVMNotHaltedError,
    message:
      "Can't change maxmem of VM work, because it isn't Halted and memory hotplug is forbidden",
  };
  t.throws(() => system.set('work', 'maxmem', '800'), refusal);
  system.set('work', 'maxmem', system.get('work', 'maxmem'));
  system.setFeature('fedora-41', 'memory-hotplug', '1');
  system.set('work', 'maxmem', '800');
  system.setFeature('work', 'memory-hotplug', '');
  t.throws(() => system.reset('work', 'maxmem'), refusal);
});

test('the template of a qube changes only while it is off, and with it the volumes', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const label = app.label('black');
  const createdBy = app.qubes.admin;
  await createQube(app, { className: 'TemplateVM', name: 'debian-13', label, createdBy });
  system.run('work');
  t.throws(() => system.set('work', 'template', 'debian-13'), {
    instanceOf: QubesVMNotHaltedError,
    message: 'Cannot change template while qube is running',
  });
  system.run('disp1234');
  t.throws(() => system.set('default-dvm', 'template', 'debian-13'), {
    instanceOf: QubesVMInUseError,
    message:
      'Cannot change template while there are running disposables based on this disposable template',
  });
  system.hypervisor.put(system.qube('disp1234').uuid, 'Halted');
  system.set('default-dvm', 'template', 'debian-13');
  const source = (name: string) => system.qube(name).volumes.get('root')?.get('source');
  t.is(source('default-dvm'), 'vm-templates/debian-13/root');
  t.is(source('disp1234'), 'vm-templates/debian-13/root');
  t.is(source('personal'), 'vm-templates/fedora-41/root');
});

test('a template of disposables stays one as long as a qube relies on it', async (t) => {
  const system = await SampleSystem.open(t);
  system.setGlobal('default_dispvm', '');
  const refusal = {
    instanceOf: QubesVMInUseError,
    message:
      'Cannot change template_for_dispvms to False while it is the disposable template of a qube ' +
      'by any of these properties: default_dispvm, management_dispvm, template',
  };
  t.throws(() => system.set('default-dvm', 'template_for_dispvms', 'no'), refusal);
  t.throws(() => system.reset('default-dvm', 'template_for_dispvms'), refusal);
  system.set('work', 'template_for_dispvms', 'True');
  system.set('disp1234', 'template', 'work');
  system.set('default-dvm', 'template_for_dispvms', 'no');
  t.is(system.get('default-dvm', 'template_for_dispvms'), 'False');
});

test('kernel volumes follow the kernel, wherever it was chosen', async (t) => {
  const system = await SampleSystem.open(t);
  const kernel = (name: string) => system.qube(name).volumes.get('kernel')?.get('vid');
  system.set('work', 'kernel', '');
  t.deepEqual([kernel('work'), kernel('vault')], ['', '6.6.1']);
  system.set('default-dvm', 'kernel', '');
  t.deepEqual([kernel('default-dvm'), kernel('disp1234')], ['', '']);
  system.reset('work', 'kernel');
  system.setGlobal('default_kernel', '');
  t.deepEqual([kernel('work'), kernel('fedora-41'), kernel('vault')], ['', '', '']);
});

const BAD_FEATURES: readonly (readonly [feature: string, value: string, message: string])[] = [
  ['service.', '1', 'Service name cannot be empty'],
  ['service.a/b', '1', 'Service name cannot contain a slash'],
  ['service...', '1', 'Service name cannot be "." or ".."'],
  [`service.${'x'.repeat(49)}`, '1', 'Service name must not exceed 48 bytes'],
  ['vm-config.', '1', 'Empty config name not allowed'],
  ['vm-config.-x', '1', 'Config name must start with an ASCII letter'],
  [`vm-config.${'x'.repeat(53)}`, '1', 'VM config name must not exceed 52 bytes'],
  ['custom-persist.', '/x', 'custom-persist key cannot be empty'],
  [
    `custom-persist.${'x'.repeat(55)}`,
    '/x',
    `custom-persist key is too long (max 54), ignoring: ${'x'.repeat(55)}`,
  ],
  ['custom-persist.x', 'x', "invalid value format: 'x'"],
  ['custom-persist.x', 'file:user:user:0644:x', "invalid value format: 'file:user:user:0644:x'"],
  [
    'custom-persist.x',
    'link:user:user:0644:/x',
    "invalid resource type option 'link' in value 'link:user:user:0644:/x'",
  ],
  [
    'custom-persist.x',
    'dir:user:user:0788:/x',
    "invalid mode option '0788' in value 'dir:user:user:0788:/x'",
  ],
  ['net.fake-ip', 'x', 'Invalid net.fake-ip value: not an IPv4 address'],
  ['net.fake-gateway', '::1', 'Invalid net.fake-gateway value: not an IPv4 address'],
  ['net.fake-netmask', '33', 'Invalid netmask value'],
];

for (const [feature, value, message] of BAD_FEATURES) {
  test(`${feature.slice(0, 40)} cannot be ${JSON.stringify(value)}`, async (t) => {
    const system = await SampleSystem.open(t);
    t.throws(() => system.setFeature('work', feature, value), {
      instanceOf: QubesValueError,
      message,
    });
    t.false(system.qube('work').features.has(feature));
  });
}

const GOOD_FEATURES = [
  ['service.cups', ''],
  [`service.app-dispvm.${'x'.repeat(60)}`, '1'],
  [`vm-config.${'x'.repeat(52)}`, 'y'],
  ['custom-persist.x', '/home/user/x'],
  ['custom-persist.x', 'dir:user:user:0755:/x:y'],
  ['net.fake-ip', '10.0.0.1'],
  ['net.fake-netmask', '24'],
  ['net.fake-netmask', '255.255.255.0'],
  ['net.fake-ip', ''],
] as const;

test('features that mean something elsewhere can have what is meant', async (t) => {
  const system = await SampleSystem.open(t);
  for (const [feature, value] of GOOD_FEATURES) {
    system.setFeature('work', feature, value);
    t.is(system.qube('work').features.get(feature), value);
  }
});

test('the old way to turn memory balancing off and on becomes maxmem', async (t) => {
  const system = await SampleSystem.open(t);
  system.setFeature('work', 'service.meminfo-writer', '');
  t.is(system.get('work', 'maxmem'), '0');
  system.setFeature('work', 'service.meminfo-writer', '1');
  t.is(system.get('work', 'maxmem'), '4000');
  t.false(system.qube('work').features.has('service.meminfo-writer'));
});

test('dom0 has no memory to balance: the old way can only be turned back on', async (t) => {
  const system = await SampleSystem.open(t);
  const feature = 'service.meminfo-writer';
  t.throws(() => system.setFeature('dom0', feature, ''), {
    instanceOf: QubesPropertyValueError,
    message: "property 'maxmem' on AdminVM instance cannot be set",
  });
  t.false(system.qube('dom0').features.has(feature));
  system.setFeature('dom0', feature, '1');
  t.false(system.qube('dom0').features.has(feature));
});

const EXTENSION = 'qubes.ext.admin.AdminExtension';

test('nobody changes the features the system keeps for itself', async (t) => {
  const system = await SampleSystem.open(t);
  for (const arg of [
    'deferred-netvm-original',
    'preload-dispvm',
    'preload-dispvm-completed',
    'preload-dispvm-in-progress',
  ]) {
    for (const call of ['Set', 'Remove']) {
      const ask = () =>
        system.app.qubes.admin.fire(`admin-permission:admin.vm.feature.${call}`, {
          dest: system.qube('work'),
          arg,
        });
      t.throws(ask, {
        instanceOf: PermissionDenied,
        message: `changing this feature is prohibited by ${EXTENSION}`,
      });
    }
  }
});

test('only dom0 says who created a qube, and only of a qube there is', async (t) => {
  const system = await SampleSystem.open(t);
  const dest = system.qube('vault');
  const ask = (caller: string, call: string, arg: string) => () =>
    system.qube(caller).fire(`admin-permission:admin.vm.tag.${call}`, { dest, arg });
  for (const caller of ['work', 'remote1']) {
    for (const call of ['Set', 'Remove']) {
      t.throws(ask(caller, call, 'created-by-work'), {
        instanceOf: PermissionDenied,
        message: `changing this tag is prohibited by ${EXTENSION}`,
      });
    }
  }
  t.notThrows(ask('work', 'Set', 'other'));
  t.notThrows(ask('dom0', 'Set', 'created-by-work'));
  t.notThrows(ask('dom0', 'Remove', 'created-by-gone'));
  t.throws(ask('dom0', 'Set', 'created-by-gone'), {
    instanceOf: QubesVMNotFoundError,
    message: "No such domain: 'gone'",
  });
});

test('the creator of a qube may have features that say its tags and its GUI qube', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const createdBy = system.qube('work');
  const label = app.label('red');
  system.setFeature('work', 'tag-created-vm-with', 'one  two');
  system.setFeature('work', 'set-created-guivm', 'vault');
  const made = await createQube(app, { className: 'AppVM', name: 'made', label, createdBy });
  t.deepEqual([...made.tags].sort(), [
    'audiovm-dom0',
    'created-by-work',
    'guivm-vault',
    'one',
    'two',
  ]);
  t.is(system.get('made', 'guivm'), 'vault');
  system.setFeature('work', 'tag-created-vm-with', 'b.d');
  const wanted = { className: 'AppVM', name: 'never', label, createdBy } as const;
  await t.throwsAsync(createQube(app, wanted), { instanceOf: QubesInvalidTagError });
  t.is(app.qubes.find('never'), undefined);
});
