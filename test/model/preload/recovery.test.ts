import test from 'ava';

import { preloadWorld, TEMPLATES } from '../../support/preload-world.ts';
import type { PreloadWorld } from '../../support/preload-world.ts';

const [TEMPLATE] = TEMPLATES;

/** A world in which one disposable was started ahead, handed over, and shut down after its use. */
async function worldAfterUse(keep: boolean): Promise<{ world: PreloadWorld; used: string }> {
  const world = await preloadWorld();
  const max = { service: 'admin.vm.feature.Set', argument: 'preload-dispvm-max' };
  await world.ask({ ...max, destination: TEMPLATE, payload: '1' });
  await world.pass(60_000);
  const used = (await world.ask({ service: 'admin.vm.CreateDisposable', destination: TEMPLATE }))
    .content;
  if (keep) {
    const set = { service: 'admin.vm.property.Set', argument: 'auto_cleanup' };
    await world.ask({ ...set, destination: used, payload: 'False' });
  }
  return { world, used };
}

test('one that somebody keeps after its use outlives the host, and a start of the machine', async (t) => {
  const { world, used } = await worldAfterUse(true);
  await world.ask({ service: 'admin.vm.Kill', destination: used });
  t.not(world.find(used), undefined);
  await world.restart();
  await world.pass(60_000);
  t.not(world.find(used), undefined);
  await world.reboot();
  await world.pass(60_000);
  t.not(world.find(used), undefined);
});

test('one that was in use when the machine ended goes', async (t) => {
  const { world, used } = await worldAfterUse(false);
  await world.reboot();
  await world.pass(60_000);
  t.is(world.find(used), undefined);
});

test('one that waits goes when the machine ends, whatever it is to do after its use', async (t) => {
  const { world } = await worldAfterUse(false);
  await world.pass(60_000);
  const [waiting = ''] = (world.qube(TEMPLATE).features.get('preload-dispvm') ?? '').split(' ');
  const set = { service: 'admin.vm.property.Set', argument: 'auto_cleanup' };
  await world.ask({ ...set, destination: waiting, payload: 'False' });
  t.not(world.find(waiting), undefined);
  await world.reboot();
  await world.pass(60_000);
  t.is(world.find(waiting), undefined);
});
