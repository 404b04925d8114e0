import test from 'ava';

import { devicesAtSpawn, requireAssignedDevices } from '../../../lib/model/devices/devices.ts';
import { DISKS, openDeviceSystem } from '../../support/device-system.ts';

test('what a qube requires must be there, and free', async (t) => {
  const system = await openDeviceSystem(t);
  const work = system.qube('work');
  const assign = (call: string, name = 'work'): Promise<string> =>
    system.ask(`admin.vm.device.${call} dom0 name ${name}`, "mode='required'");
  const refuses = async (message: string): Promise<void> => {
    await t.throwsAsync(requireAssignedDevices(work), { message });
    await t.throwsAsync(devicesAtSpawn(work), { message });
  };
  await assign('block.Assign+sys-net+sda1');
  await refuses('Block device sys-net:sda1:* not available');
  await system.run('sys-net');
  await refuses('Block device sys-net:sda1:* not available');
  await system.expose('sys-net', 'block', DISKS);
  await t.notThrowsAsync(requireAssignedDevices(work));
  await assign('block.Assign+sys-net+sda:other');
  await refuses('Block device sys-net:sda:other not available');
  await system.ask('admin.vm.device.block.Unassign+sys-net+sda:other dom0 name work');
  await assign('block.Assign+_+sda');
  await refuses('Block device *:sda:* not available');
  await system.ask('admin.vm.device.block.Unassign+_+sda dom0 name work');
  await system.run('personal');
  await system.ask('admin.vm.device.block.Attach+sys-net+sda1 dom0 name personal');
  await refuses("'Device sys-net:sda1::None:1 already attached to personal'");
  await system.ask('admin.vm.device.block.Detach+sys-net+sda1 dom0 name personal');
  await assign('pci.Assign+dom0+00_1e.0');
  await refuses('Pci device dom0:00_1e.0:* not available');
});

test('a class that nobody serves is not available', async (t) => {
  const { app, qube } = await openDeviceSystem(t);
  const device = { deviceClass: 'testclass', backend: 'dom0', port: 'a', device: '*' };
  const options = new Map<string, string>();
  app.apply(() => qube('work').devices.assign({ ...device, mode: 'auto-attach', options }));
  await t.notThrowsAsync(requireAssignedDevices(qube('work')));
  app.apply(() => qube('work').devices.setMode(device, 'required'));
  await t.throwsAsync(requireAssignedDevices(qube('work')), {
    message: 'Testclass device dom0:a:* not available',
  });
});

test('required disks and PCI devices come with the qube, each once, with their options', async (t) => {
  const system = await openDeviceSystem(t);
  await system.run('sys-net');
  await system.expose('sys-net', 'block', DISKS);
  const assign = (call: string, payload: string): Promise<string> =>
    system.ask(`admin.vm.device.${call} dom0 name work`, payload);
  await assign('block.Assign+sys-net+sda', "mode='required' _read-only='True'");
  await assign('block.Assign+sys-net+_+_', "mode='required'");
  await assign('block.Assign+sys-net+sr0', "mode='auto-attach'");
  await assign('pci.Assign+dom0+00_14.0', "mode='required' _permissive='True'");
  await assign('mic.Assign+dom0+mic', "mode='required'");
  await t.notThrowsAsync(requireAssignedDevices(system.qube('work')));
  const found = await devicesAtSpawn(system.qube('work'));
  t.deepEqual(
    found.map(({ deviceClass, port, options }) => [deviceClass, port, Object.fromEntries(options)]),
    [
      ['pci', '00_14.0', { permissive: 'True' }],
      ['block', 'sda', { 'read-only': 'yes', 'frontend-dev': 'xvdi' }],
      ['block', 'sda1', { 'read-only': 'no', 'frontend-dev': 'xvdj' }],
      ['block', 'sr0', { 'read-only': 'yes', 'frontend-dev': 'xvdk' }],
    ],
  );
});
