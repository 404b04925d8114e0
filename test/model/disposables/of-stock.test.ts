import test from 'ava';
import type { ExecutionContext } from 'ava';

import { LIST, preloadList } from '../../../lib/model/preload/preload-features.ts';
import { audiovm } from '../../../lib/model/properties/local.ts';
import { preloadWorld } from '../../support/preload-world.ts';
import { callerOf } from '../../support/world-caller.ts';

/** A template of disposables that nothing else refers to, and one that runs. */
const TEMPLATE = 'dvm-three';

/** A world in which one disposable of the template waits, and perhaps another is used. */
async function withStock(t: ExecutionContext, isOneUsed = false) {
  const world = await preloadWorld();
  const caller = callerOf(t, world);
  await caller.call(`admin.vm.feature.Set+preload-dispvm-max ${TEMPLATE} 1`);
  await world.pass(1000);
  const used = isOneUsed ? await caller.call(`admin.vm.CreateDisposable ${TEMPLATE}`) : '';
  await world.pass(60_000);
  const [name = ''] = preloadList(world.qube(TEMPLATE));
  t.is(
    await caller.call(`admin.vm.property.Get+is_preload ${name}`),
    'default=True type=bool True',
  );
  return { world, name, used, ...caller };
}

test('a template that has only a stock may cease to be one, and the stock goes', async (t) => {
  const { world, name, call } = await withStock(t);
  await call(`admin.vm.property.Set+template_for_dispvms ${TEMPLATE} False`);
  await world.pass(1000);
  t.is(world.find(name), undefined);
  await call(`admin.vm.property.Set+template_for_dispvms ${TEMPLATE} True`);
  await world.pass(60_000);
  t.is(preloadList(world.qube(TEMPLATE)).length, 1);
  await call(`admin.vm.property.Reset+template_for_dispvms ${TEMPLATE}`);
  await world.pass(1000);
  t.is(world.qube(TEMPLATE).features.get(LIST), '');
  t.deepEqual(world.faults, []);
});

test('where a disposable is used, the template stays one, and its stock too', async (t) => {
  const { world, name, used, call, refused } = await withStock(t, true);
  const template = world.qube(TEMPLATE);
  t.is(
    await refused(`admin.vm.property.Set+template_for_dispvms ${TEMPLATE} False`),
    'QubesVMInUseError: Cannot change template_for_dispvms to False while it is the disposable ' +
      'template of a qube by any of these properties: default_dispvm, management_dispvm, template',
  );
  t.is(
    await refused(`admin.vm.property.Set+template ${TEMPLATE} debian`),
    'QubesVMInUseError: Cannot change template while there are running disposables based on this ' +
      'disposable template',
  );
  t.regex(await refused(`admin.vm.Remove ${TEMPLATE}`), new RegExp(`used by template of ${used}$`));
  t.deepEqual(preloadList(template), [name]);
  await world.pass(60_000);
  t.deepEqual(preloadList(template), [name]);
  await call(`admin.vm.Kill ${used}`);
  await call(`admin.vm.Remove ${TEMPLATE}`);
  t.is(world.find(name), undefined);
  t.is(world.find(TEMPLATE), undefined);
  t.deepEqual(world.faults, []);
});

test('a template goes also where its stock refers to it in other ways', async (t) => {
  const world = await preloadWorld();
  const { call } = callerOf(t, world);
  await call(`admin.vm.property.Set+default_dispvm ${TEMPLATE} ${TEMPLATE}`);
  await call(`admin.vm.property.Set+management_dispvm ${TEMPLATE} ${TEMPLATE}`);
  await call(`admin.vm.feature.Set+preload-dispvm-max ${TEMPLATE} 2`);
  await world.pass(60_000);
  const [name = ''] = preloadList(world.qube(TEMPLATE));
  const set = await call(`admin.vm.property.Get+default_dispvm ${name}`);
  t.is(set, `default=False type=vm ${TEMPLATE}`);
  await call(`admin.vm.Remove ${TEMPLATE}`);
  t.is(world.find(name), undefined);
  t.deepEqual(world.faults, []);
});

test('another template can be given to one that has only a stock', async (t) => {
  const { world, name, call } = await withStock(t);
  await call(`admin.vm.property.Set+template ${TEMPLATE} debian`);
  await world.pass(60_000);
  t.is(world.find(name), undefined);
  const [fresh = ''] = preloadList(world.qube(TEMPLATE));
  const source = world.qube(fresh).volumes.get('root')?.get('source');
  t.is(source, world.qube('debian').volumes.get('root')?.get('vid'));
  t.deepEqual(world.faults, []);
});

test('what is given up stands in nobody’s way while its removal takes its time', async (t) => {
  const { world, name, call } = await withStock(t);
  world.trouble.durations = { destroy: 5000 };
  await call(`admin.vm.feature.Set+preload-dispvm-max ${TEMPLATE} 0`);
  t.is(world.qube(TEMPLATE).features.get(LIST), '');
  t.not(world.find(name), undefined);
  await call('admin.vm.Shutdown net-one');
  await call(`admin.vm.property.Set+template ${TEMPLATE} debian`);
  await call(`admin.vm.property.Set+template_for_dispvms ${TEMPLATE} False`);
  await world.pass(60_000);
  t.is(world.find(name), undefined);
  t.deepEqual(
    [...world.disk.folders].filter((folder) => folder.includes(name)),
    [],
  );
  t.deepEqual(world.faults, []);
});

test('netvm and audio qube of a stock shut down without force', async (t) => {
  const { call, refused, world } = await withStock(t);
  await call('admin.vm.Start net-two');
  await call('admin.vm.Start work');
  t.is(
    await refused('admin.vm.Shutdown net-one'),
    'QubesVMInUseError: There are other VMs connected to this VM: work',
  );
  await call('admin.vm.Kill work');
  await call(`admin.vm.property.Set+audiovm ${TEMPLATE} net-two`);
  await world.pass(60_000);
  const [name = ''] = preloadList(world.qube(TEMPLATE));
  t.is(world.qube(name).find(audiovm), world.qube('net-two'));
  await call('admin.vm.Shutdown net-two');
  await call('admin.vm.Shutdown net-one');
  t.deepEqual(preloadList(world.qube(TEMPLATE)), [name]);
  t.deepEqual(world.faults, []);
});

test('one that waits may be shut down as it is, other paused qubes only by force', async (t) => {
  const { call, refused, name, used, world } = await withStock(t, true);
  await call(`admin.vm.Pause ${used}`);
  t.regex(await refused(`admin.vm.Shutdown ${used}`), /^QubesVMNotRunningError: /);
  await call(`admin.vm.Shutdown ${name}`);
  await world.pass(1000);
  t.is(world.find(name), undefined);
  await call(`admin.vm.Shutdown+force ${used}`);
  t.deepEqual(world.faults, []);
});

test('disposables of a template that a package has installed go all the same', async (t) => {
  const world = await preloadWorld();
  const { call, refused } = callerOf(t, world);
  await call(`admin.vm.property.Set+installed_by_rpm ${TEMPLATE} True`);
  await call(`admin.vm.feature.Set+preload-dispvm-max ${TEMPLATE} 1`);
  await world.pass(1000);
  const used = await call(`admin.vm.CreateDisposable ${TEMPLATE}`);
  await call(`admin.vm.feature.Set+preload-dispvm-max ${TEMPLATE} 0`);
  await call(`admin.vm.Kill ${used}`);
  await world.pass(60_000);
  t.deepEqual(
    [...world.host.app.qubes].filter(({ className }) => className === 'DispVM'),
    [],
  );
  t.regex(await refused(`admin.vm.Remove ${TEMPLATE}`), /VM installed by package manager/);
  t.deepEqual(world.faults, []);
});
