import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { kernelOptionsOf } from '../../lib/model/kernel-options.ts';
import { setMachine } from '../support/machine.ts';
import { SampleSystem } from '../support/sample-system.ts';

const COMMON =
  'root=/dev/mapper/dmroot ro nomodeset console=hvc0 rd_NO_PLYMOUTH rd.plymouth.enable=0 ' +
  'plymouth.enable=0 xen_privcmd.unrestricted';

test('a kernel is told what all are, what the property says, and what the boot mode adds', async (t) => {
  const system = await SampleSystem.open(t);
  const options = (): Promise<string | undefined> => kernelOptionsOf(system.qube('vault'));
  t.is(await options(), `${COMMON} swiotlb=2048`);
  system.set('vault', 'kernelopts', 'quiet');
  system.setFeature('fedora-41', 'boot-mode.kernelopts.dbg', 'debug x=1');
  system.set('vault', 'bootmode', 'dbg');
  t.is(await options(), `${COMMON} quiet debug x=1`);
  system.set('vault', 'bootmode', 'gone');
  t.is(await options(), `${COMMON} quiet`);
  system.setFeature('vault', 'boot-mode.active', 'dbg');
  t.is(await options(), `${COMMON} quiet debug x=1`);
  system.setFeature('vault', 'selinux', '1');
  t.is(await options(), `${COMMON} quiet selinux=1 security=selinux debug x=1`);
  system.setFeature('vault', 'apparmor', '1');
  t.is(await options(), `${COMMON} quiet apparmor=1 security=apparmor debug x=1`);
  system.setFeature('vault', 'no-default-kernelopts', '1');
  t.is(await options(), 'quiet debug x=1');
  system.set('vault', 'kernel', '');
  t.is(await options(), undefined);
});

test('Linux knows its machine by the UUID of the qube', async (t) => {
  const system = await SampleSystem.open(t);
  system.setFeature('fedora-41', 'os', 'Linux');
  const { uuid } = system.qube('vault');
  t.is(
    await kernelOptionsOf(system.qube('vault')),
    `systemd.machine_id=${uuid.replaceAll('-', '')} ${COMMON} swiotlb=2048`,
  );
});

test('a kernel may say itself what it needs', async (t) => {
  const system = await SampleSystem.open(t);
  const file = join(system.root, 'vm-kernels', '6.6.1', 'default-kernelopts-common.txt');
  await writeFile(file, 'ro console=hvc0 \n');
  t.is(await kernelOptionsOf(system.qube('vault')), 'ro console=hvc0 swiotlb=2048');
});

test('graphics modes are set by the kernel of a qube with a graphics device, or as told', async (t) => {
  const system = await SampleSystem.open(t);
  await setMachine(system, {
    pciDevices: [
      { address: '0000:01:00.0', vendorId: '10de', deviceId: '1234', classCode: '030000' },
    ],
  });
  const vault = system.qube('vault');
  const setsModes = async (): Promise<boolean> =>
    !(await kernelOptionsOf(vault))?.includes('nomodeset');
  t.false(await setsModes());
  system.setFeature('vault', 'no-nomodeset', '1');
  t.true(await setsModes());
  system.setFeature('vault', 'no-nomodeset', '');
  t.false(await setsModes());
  system.app.apply(() => {
    vault.features.delete('no-nomodeset');
    vault.set(vault.property('virt_mode'), 'hvm');
    vault.devices.assign({
      deviceClass: 'pci',
      backend: 'dom0',
      port: '01_00.0',
      device: '*',
      mode: 'required',
      options: new Map(),
    });
  });
  t.true(await setsModes());
});
