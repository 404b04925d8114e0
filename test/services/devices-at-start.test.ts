import test from 'ava';

import { DISKS, openDeviceSystem } from '../support/device-system.ts';

test('a qube is started with the devices it requires, gets the others, and gives all back', async (t) => {
  const { ask, app, qube, expose, told, until } = await openDeviceSystem(t);
  const call = (text: string, payload = ''): Promise<string> => {
    const [method, name] = text.split(' ');
    return ask(`${method} dom0 name ${name}`, payload);
  };
  await call('admin.vm.device.block.Assign+sys-net+sda work', "mode='required'");
  await call('admin.vm.device.block.Assign+sys-net+sr0 work', "mode='auto-attach'");
  t.is(
    await call('admin.vm.Start+ work'),
    '2\0QubesException\0\0Block device sys-net:sda:* not available\0',
  );
  t.is(await call('admin.vm.Start+ sys-net'), '0\0');
  await expose('sys-net', 'block', DISKS);
  t.is(await call('admin.vm.Start+ work'), '0\0');
  const ports = (): readonly string[] =>
    app.hypervisor.attached(qube('work').uuid).map(({ port }) => port);
  t.deepEqual(ports(), ['sda', 'sr0']);
  t.regex(
    await call('admin.vm.device.block.Detach+sys-net+sda work'),
    /^2\0QubesVMNotHaltedError\0/,
  );
  told();
  // Once more: nothing has changed, and nothing is told twice.
  await expose('sys-net', 'block', {});
  await until(() => told().length > 0);
  t.deepEqual(ports(), ['sda', 'sr0']);
  t.is(await call('admin.vm.Kill+ work'), '0\0');
  await until(
    async () => !(await call('admin.vm.device.block.Available+ sys-net')).includes('att'),
  );
  t.deepEqual(told(), [
    'work device-detach:block port=sys-net:sda',
    'work device-detach:block port=sys-net:sr0',
  ]);
  t.is(await call('admin.vm.Start+ work'), '0\0');
  t.deepEqual(ports(), ['sda', 'sr0']);
});
