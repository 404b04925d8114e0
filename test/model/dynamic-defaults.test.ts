import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import { SampleSystem } from '../support/sample-system.ts';

const NET = {
  deviceClass: 'pci',
  backend: 'dom0',
  port: '00_1f.6',
  device: '*',
  mode: 'required',
  options: new Map<string, string>(),
} as const;

/** What an AppVM has from its template, from the system, and where neither says anything. */
const INHERITED: readonly (readonly [property: string, own: string, usual: string])[] = [
  ['memory', '600', '400'],
  ['vcpus', '7', '2'],
  ['default_user', 'joe', 'user'],
  ['virt_mode', 'pv', 'pvh'],
  ['kernelopts', 'quiet', 'swiotlb=2048'],
  ['qrexec_timeout', '77', '60'],
  ['shutdown_timeout', '88', '60'],
  ['maxmem', '777', '4000'],
  ['management_dispvm', 'default-dvm', ''],
  ['kernel', '', '6.6.1'],
];

for (const [property, own, usual] of INHERITED) {
  test(`${property} is the template's unless set`, async (t) => {
    const system = await SampleSystem.open(t);
    t.is(system.get('work', property), usual);
    t.is(system.get('fedora-41', property), usual);
    system.set('fedora-41', property, own);
    t.is(system.get('work', property), own);
    t.is(system.get('standalone1', property), usual);
  });
}

const FROM_SYSTEM: readonly (readonly [property: string, global: string, value: string])[] = [
  ['qrexec_timeout', 'default_qrexec_timeout', '99'],
  ['shutdown_timeout', 'default_shutdown_timeout', '98'],
  ['kernel', 'default_kernel', ''],
  ['management_dispvm', 'management_dispvm', 'default-dvm'],
  ['netvm', 'default_netvm', 'sys-net'],
  ['guivm', 'default_guivm', 'vault'],
  ['audiovm', 'default_audiovm', 'vault'],
  ['default_dispvm', 'default_dispvm', ''],
];

for (const [property, global, value] of FROM_SYSTEM) {
  test(`${property} is ${global} of the system where neither qube nor template says otherwise`, async (t) => {
    const system = await SampleSystem.open(t);
    system.setGlobal(global, value);
    t.is(system.get('standalone1', property), value);
    t.is(system.get('work', property), value);
  });
}

test('a disposable calls disposables of its own kind', async (t) => {
  const system = await SampleSystem.open(t);
  system.setGlobal('default_dispvm', '');
  t.is(system.get('disp1234', 'default_dispvm'), 'default-dvm');
});

test('a disposable is in backups unless it goes after use', async (t) => {
  const system = await SampleSystem.open(t);
  t.is(system.get('disp1234', 'include_in_backups'), 'True');
  system.set('disp1234', 'auto_cleanup', 'True');
  t.is(system.get('disp1234', 'include_in_backups'), 'False');
});

test('maxmem of Linux is ten times its memory, at most half of the machine', async (t) => {
  const system = await SampleSystem.open(t);
  system.setFeature('standalone1', 'os', 'Linux');
  system.set('standalone1', 'memory', '500');
  t.is(system.get('standalone1', 'maxmem'), '5000');
  system.set('standalone1', 'memory', '5000');
  t.is(system.get('standalone1', 'maxmem'), String((16 * 1024) / 2));
});

test('maxmem is 0 where memory cannot be balanced', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('standalone1', 'virt_mode', 'hvm');
  t.is(system.get('standalone1', 'maxmem'), '0', 'no agent in it');
  system.setFeature('standalone1', 'qrexec', '1');
  t.is(system.get('standalone1', 'maxmem'), '4000');
  system.setFeature('standalone1', 'supported-service.cups', '1');
  t.is(system.get('standalone1', 'maxmem'), '0', 'its system does not take part');
  system.setFeature('standalone1', 'supported-service.meminfo-writer', '1');
  t.is(system.get('standalone1', 'maxmem'), '4000');
  system.app.apply(() => system.qube('standalone1').devices.assign(NET));
  t.is(system.get('standalone1', 'maxmem'), '0', 'PCI devices');
});

test('PCI devices make a qube hvm, without options of the usual kernel', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('fedora-41', 'virt_mode', 'pv');
  system.app.apply(() => system.qube('work').devices.assign(NET));
  t.is(system.get('work', 'virt_mode'), 'hvm');
  t.is(system.get('work', 'kernelopts'), '');
  t.throws(() => system.set('work', 'virt_mode', 'pvh'), {
    message: "pvh mode can't be set if pci devices are assigned",
  });
  system.setFeature('dom0', 'suspend-s0ix', '1');
  t.is(system.get('work', 'kernelopts'), ' qubes_exp_pm_use_suspend=1');
});

test('a kernel may bring options of its own', async (t) => {
  const system = await SampleSystem.open(t);
  const kernel = join(system.root, 'vm-kernels', 'own');
  await mkdir(kernel);
  await writeFile(join(kernel, 'vmlinuz'), '');
  await writeFile(join(kernel, 'default-kernelopts-nopci.txt'), 'nopci\n');
  await writeFile(join(kernel, 'default-kernelopts-pci.txt'), 'pci\n');
  system.setGlobal('default_kernel', 'own');
  t.is(system.get('standalone1', 'kernelopts'), 'nopci');
  system.app.apply(() => system.qube('standalone1').devices.assign(NET));
  t.is(system.get('standalone1', 'kernelopts'), 'pci');
  system.setGlobal('default_kernel', '');
  t.is(system.get('standalone1', 'kernelopts'), '');
});

test('a kernel without its file cannot be chosen', async (t) => {
  const system = await SampleSystem.open(t);
  await mkdir(join(system.root, 'vm-kernels', 'half'));
  t.throws(() => system.set('work', 'kernel', 'half'), {
    message: "Kernel 'half' not properly installed: missing 'vmlinuz' file",
  });
});

test('the boot mode is the one asked for, if it is known, else the one templates have for their qubes', async (t) => {
  const system = await SampleSystem.open(t);
  system.setFeature('work', 'boot-mode.active', 'secret');
  t.is(system.get('work', 'bootmode'), 'default');
  system.setFeature('fedora-41', 'boot-mode.kernelopts.secret', 'x=1');
  t.is(system.get('work', 'bootmode'), 'secret');
  system.setFeature('fedora-41', 'boot-mode.kernelopts.usual', 'x=2');
  system.setFeature('fedora-41', 'boot-mode.appvm-default', 'usual');
  t.is(system.get('vault', 'bootmode'), 'usual');
  t.is(system.get('fedora-41', 'bootmode'), 'default');
  t.is(system.get('disp1234', 'bootmode'), 'usual');
  system.set('fedora-41', 'appvm_default_bootmode', 'unknown');
  t.is(system.get('vault', 'bootmode'), 'default');
});

test('the keyboard layout is that of the GUI qube, wherever that has it from', async (t) => {
  const system = await SampleSystem.open(t);
  system.set('dom0', 'keyboard_layout', 'pl++');
  t.is(system.get('work', 'keyboard_layout'), 'pl++');
  system.set('work', 'guivm', 'vault');
  t.is(system.get('work', 'keyboard_layout'), 'pl++');
  system.set('vault', 'keyboard_layout', 'de++');
  t.is(system.get('work', 'keyboard_layout'), 'de++');
  system.reset('vault', 'keyboard_layout');
  system.set('vault', 'guivm', 'work');
  t.is(system.get('work', 'keyboard_layout'), 'us++', 'two qubes that show each other');
});

test('addresses follow from the number of the qube, if it is on a network', async (t) => {
  const system = await SampleSystem.open(t);
  t.is(system.get('work', 'ip'), '10.137.0.6');
  t.is(system.get('vault', 'ip'), '');
  t.is(system.get('sys-net', 'ip'), '10.137.0.2', 'the beginning of a network');
  t.is(system.get('disp1234', 'ip'), '10.138.31.205');
  t.is(system.get('work', 'ip6'), '');
  system.setFeature('sys-net', 'ipv6', '1');
  t.is(system.get('work', 'ip6'), 'fd09:24ef:4179::a89:6');
  t.is(system.get('work', 'visible_gateway'), '10.137.0.3');
  t.is(system.get('work', 'dns'), '10.139.1.1 10.139.1.2');
  system.setFeature('fedora-41', 'net.fake-ip', '192.168.1.2');
  t.is(system.get('work', 'visible_ip'), '192.168.1.2');
  t.is(system.get('work', 'ip'), '10.137.0.6');
});

const ICONS: readonly (readonly [qube: string, icon: string])[] = [
  ['dom0', 'adminvm-black'],
  ['fedora-41', 'templatevm-black'],
  ['sys-net', 'servicevm-red'],
  ['default-dvm', 'templatevm-red'],
  ['work', 'appvm-blue'],
  ['standalone1', 'standalonevm-yellow'],
  ['disp1234', 'dispvm-red'],
  ['remote1', 'remotevm-orange'],
];

test('the icon shows what a qube is for, and its label', async (t) => {
  const system = await SampleSystem.open(t);
  t.deepEqual(
    ICONS.map(([qube]) => [qube, system.get(qube, 'icon')]),
    ICONS.map((pair) => [...pair]),
  );
});
