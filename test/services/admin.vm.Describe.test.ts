import test from 'ava';

import { parseDescriptions } from '../../lib/admin/description.ts';
import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';

async function describe(
  { ask }: AdminSystem,
  source: string,
  destination: string,
): Promise<ReturnType<typeof parseDescriptions>> {
  const reply = await ask(`admin.vm.Describe+ ${source} name ${destination}`);
  if (!reply.startsWith('0\0')) throw new Error(reply);
  return parseDescriptions(reply.slice(2));
}

test('describes all qubes as the single calls do', async (t) => {
  const system = await openSystem(t);
  const { ask } = system;
  await ask('admin.vm.feature.Set+net.fake-ip dom0 name work', '192.168.1.1');
  await ask('admin.vm.feature.Set+off dom0 name work');
  await ask('admin.vm.tag.Set+b dom0 name work');
  await ask('admin.vm.tag.Set+a dom0 name work');
  await ask('admin.vm.property.Set+kernelopts dom0 name work', 'a\nb\\c "d"');
  const described = await describe(system, 'dom0', 'dom0');
  const list = described.map(
    (qube) => `${qube.name} class=${qube.class} state=${qube.state} uuid=${qube.uuid ?? ''}\n`,
  );
  t.is(`0\0${list.join('')}`, await ask('admin.vm.List+ dom0 name dom0'));
  for (const { name, properties, features, tags } of described) {
    const rows = await ask(`admin.vm.property.List+ dom0 name ${name}`);
    t.is(`0\0${[...properties.keys()].map((row) => `${row}\n`).join('')}`, rows);
    for (const [row, { value, type, default: isDefault }] of properties) {
      const shown = `default=${isDefault ? 'True' : 'False'} type=${type} ${value}`;
      t.is(`0\0${shown}`, await ask(`admin.vm.property.Get+${row} dom0 name ${name}`));
    }
    const shownTags = tags.map((tag) => `${tag}\n`).join('');
    t.is(`0\0${shownTags}`, await ask(`admin.vm.tag.List+ dom0 name ${name}`));
    const shownFeatures = [...features.keys()].map((feature) => `${feature}\n`).join('');
    t.is(`0\0${shownFeatures}`, await ask(`admin.vm.feature.List+ dom0 name ${name}`));
  }
  const work = described.find(({ name }) => name === 'work');
  t.deepEqual(
    work?.features,
    new Map([
      ['net.fake-ip', '192.168.1.1'],
      ['off', ''],
    ]),
  );
  t.deepEqual(await describe(system, 'dom0', 'work'), [work]);
});

test('leaves out what the caller may not see', async (t) => {
  const allowed = new Set([
    'admin.vm.List+ work',
    'admin.vm.List+ personal',
    'admin.vm.property.Get+label work',
    'admin.vm.property.Get+netvm personal',
    'admin.vm.property.Get+label vault',
    'admin.vm.feature.Get+one work',
    'admin.vm.tag.List+ personal',
  ]);
  const system = await openSystem(t, {
    permitted: (caller, rpc, argument, target) =>
      caller === 'sys-net' && allowed.has(`${rpc}+${argument} ${target}`),
  });
  for (const qube of ['work', 'personal', 'vault']) {
    for (const feature of ['one', 'two']) {
      await system.ask(`admin.vm.feature.Set+${feature} dom0 name ${qube}`, 'x');
    }
  }
  const seen = await describe(system, 'sys-net', 'dom0');
  t.deepEqual(
    seen.map(({ name, properties, features, tags }) => [
      name,
      [...properties.keys()],
      [...features.keys()],
      tags,
    ]),
    [
      ['personal', ['netvm'], [], ['audiovm-dom0', 'guivm-dom0']],
      ['work', ['label'], ['one'], []],
    ],
  );
  t.is((await describe(system, 'sys-net', 'work')).length, 1);
  t.deepEqual(await describe(system, 'sys-net', 'vault'), []);
});

test('others are served between its turns, and what goes meanwhile is left out', async (t) => {
  const system = await openSystem(t, { permitted: slowly });
  let turns = 0;
  const ticks = setInterval(() => turns++);
  const describing = describe(system, 'sys-net', 'dom0');
  t.is(await system.ask('admin.vm.Remove+ dom0 name work'), '0\0');
  const described = await describing;
  clearInterval(ticks);
  t.true(turns > 2);
  t.is(described.length, 11);
  t.false(described.some(({ name }) => name === 'work'));
});

test('stops when the caller is gone', async (t) => {
  const gone = new AbortController();
  let asked = 0;
  const { ask } = await openSystem(t, {
    permitted: () => {
      asked++;
      return slowly();
    },
    signal: gone.signal,
  });
  const describing = ask('admin.vm.Describe+ sys-net name dom0');
  gone.abort();
  t.is(await describing, '0\0');
  // Which qubes to tell of, and all about the first.
  t.true(asked < 100);
});

/** A policy that takes its time: half a second for all qubes. */
function slowly(): boolean {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return true;
}
