import test from 'ava';
import * as z from 'zod';

import { openSystem } from '../support/admin-system.ts';
import { PlayedHypervisor } from '../support/played-hypervisor.ts';

const Info = z.object({ domains: z.record(z.string(), z.record(z.string(), z.unknown())) });

test('the information follows every change it tells of', async (t) => {
  const machine = new PlayedHypervisor();
  const { app, ask } = await openSystem(t, { hypervisor: machine });
  const of = async (name: string): Promise<Record<string, unknown>> => {
    const reply = await ask('internal.GetSystemInfo+ dom0 name dom0');
    return Info.parse(JSON.parse(reply.slice(2))).domains[name] ?? {};
  };
  const CHANGES = [
    ['admin.vm.feature.Set+internal dom0 name work', '1', 'internal', '1'],
    ['admin.vm.feature.Set+internal dom0 name work', '', 'internal', ''],
    ['admin.vm.feature.Remove+internal dom0 name work', '', 'internal', null],
    [
      'admin.vm.property.Set+template_for_dispvms dom0 name work',
      '1',
      'template_for_dispvms',
      true,
    ],
    ['admin.property.Set+default_dispvm dom0 name dom0', 'work', 'default_dispvm', 'work'],
    ['admin.vm.property.Set+default_dispvm dom0 name work', '', 'default_dispvm', null],
    ['admin.vm.property.Set+label dom0 name work', 'green', 'icon', 'appvm-green'],
    ['admin.vm.property.Set+label dom0 name work', 'red', 'label', '0xcc0000'],
    ['admin.property.Set+default_guivm dom0 name dom0', 'sys-net', 'guivm', 'sys-net'],
    ['admin.vm.property.Set+guivm dom0 name work', '', 'guivm', null],
  ] as const;
  for (const [header, payload, key, value] of CHANGES) {
    t.is(await ask(header, payload), '0\0', header);
    t.is((await of('work'))[key], value, header);
  }
  await ask('admin.vm.tag.Set+one dom0 name work');
  t.true(
    z
      .array(z.string())
      .parse((await of('work'))['tags'])
      .includes('one'),
  );
  for (const state of ['Running', 'Paused', 'Halted'] as const) {
    machine.put(app.qubes.find('work')?.uuid ?? '', state);
    t.is((await of('work'))['power_state'], state);
  }
  for (const [property, value] of [
    ['relayvm', 'sys-net'],
    ['transport_rpc', 'qubesair.SSHProxy'],
  ] as const) {
    t.is((await of('remote1'))[property], null);
    t.is(await ask(`admin.vm.property.Set+${property} dom0 name remote1`, value), '0\0');
    t.is((await of('remote1'))[property], value);
  }
  await ask('admin.property.Set+default_dispvm dom0 name dom0', 'default-dvm');
  t.is(await ask('admin.vm.Remove+ dom0 name work'), '0\0');
  t.deepEqual(await of('work'), {});
});
