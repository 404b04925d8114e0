import test from 'ava';

import { openSystem } from '../support/admin-system.ts';
import { PlayedHypervisor } from '../support/played-hypervisor.ts';

const names = (reply: string): readonly string[] =>
  [...reply.slice(2).matchAll(/^(\S+) class=\w+ state=\w+ uuid=[0-9a-f-]{36}$/gm)].map(
    ([, name = '']) => name,
  );

test('the list follows what qubes are doing, and which there are', async (t) => {
  const machine = new PlayedHypervisor();
  const { app, ask } = await openSystem(t, { hypervisor: machine });
  const uuid = app.qubes.find('work')?.uuid ?? '';
  const line = (state: string): string => `work class=AppVM state=${state} uuid=${uuid}\n`;
  const all = (): Promise<string> => ask('admin.vm.List+ dom0 name dom0');
  t.true((await all()).includes(line('Halted')));
  for (const state of ['Running', 'Paused', 'Halted'] as const) {
    machine.put(uuid, state);
    t.true((await all()).includes(line(state)));
    t.is(await ask('admin.vm.List+ dom0 name work'), `0\0${line(state)}`);
  }
  t.is(await ask('admin.vm.Create.AppVM+ dom0 name dom0', 'name=another label=red'), '0\0');
  t.true(names(await all()).includes('another'));
  t.is(await ask('admin.vm.Remove+ dom0 name another'), '0\0');
  t.false(names(await all()).includes('another'));
});

test('dom0 comes first, the others by code point', async (t) => {
  const { ask } = await openSystem(t);
  for (const name of ['Zebra', 'a0', 'a-b', 'a.b', 'a_b']) {
    t.is(await ask('admin.vm.Create.RemoteVM+ dom0 name dom0', `name=${name} label=red`), '0\0');
  }
  const [first, ...others] = names(await ask('admin.vm.List+ dom0 name dom0'));
  t.is(first, 'dom0');
  t.is(others.length, 16);
  t.deepEqual(others, others.toSorted());
});

test('a qube sees itself, and what policy lets it see', async (t) => {
  const own = await openSystem(t);
  t.deepEqual(names(await own.ask('admin.vm.List+ work name dom0')), ['work']);
  t.deepEqual(names(await own.ask('admin.vm.List+ work name work')), ['work']);
  t.is(await own.ask('admin.vm.List+ work name personal'), '0\0');

  const asked: string[] = [];
  const { ask } = await openSystem(t, {
    permitted: (caller, rpc, argument, target) => {
      asked.push(`${caller} ${rpc}+${argument} ${target}`);
      return target.startsWith('sys-');
    },
  });
  t.deepEqual(names(await ask('admin.vm.List+ work name dom0')), ['sys-firewall', 'sys-net']);
  t.true(asked.includes('work admin.vm.List+ dom0'));
  t.is(asked.length, 12);
});

test('dom0 is not asked for permission', async (t) => {
  const { ask } = await openSystem(t, { permitted: () => false });
  t.is(names(await ask('admin.vm.List+ dom0 name dom0')).length, 12);
  t.deepEqual(names(await ask('admin.vm.List+ dom0 name work')), ['work']);
});
