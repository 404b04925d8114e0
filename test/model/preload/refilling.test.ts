import test from 'ava';

import { preloadWorld, TEMPLATES } from '../../support/preload-world.ts';
import type { PreloadWorld } from '../../support/preload-world.ts';
import type { Durations } from '../../support/world/trouble.ts';

const [TEMPLATE] = TEMPLATES;

/** A world in which things take their time, and so many are to wait. */
async function worldWith(max: number, durations: Durations): Promise<PreloadWorld> {
  const world = await preloadWorld();
  await world.ask({ service: 'admin.vm.Start', destination: 'net-one' });
  world.trouble.durations = durations;
  await setMax(world, max);
  return world;
}

async function setMax(world: PreloadWorld, max: number): Promise<void> {
  const argument = 'preload-dispvm-max';
  const call = { service: 'admin.vm.feature.Set', argument, destination: TEMPLATE };
  await world.ask({ ...call, payload: String(max) });
}

function listed(world: PreloadWorld): readonly string[] {
  const list = world.qube(TEMPLATE).features.get('preload-dispvm') ?? '';
  return list.split(' ').filter(Boolean);
}

function request(world: PreloadWorld): Promise<{ readonly content: string }> {
  return world.ask({ service: 'admin.vm.CreateDisposable', destination: TEMPLATE });
}

test('one that is taken while it starts is replaced no sooner than one that waited', async (t) => {
  const world = await worldWith(1, { unpause: 2000, service: 3000 });
  await world.pass(1000);
  const [starting] = listed(world);
  const given = request(world);
  await world.pass(1000);
  t.is((await given).content, starting ?? '', 'it is up after two seconds, and was waited for');
  await world.pass(2900);
  t.deepEqual(listed(world), []);
  await world.pass(200);
  t.is(listed(world).length, 1, 'three seconds after its use');
});

test('the third of a burst does not put off what the first has left to be filled', async (t) => {
  const world = await worldWith(3, { service: 5000 });
  await world.pass(60_000);
  await request(world);
  await world.pass(2000);
  await request(world);
  await world.pass(900);
  t.is(listed(world).length, 1);
  await world.pass(200);
  t.is(listed(world).length, 3);
});

for (const operation of ['create', 'service'] as const) {
  test(`what cannot be started is tried more and more seldom: ${operation}`, async (t) => {
    const world = await worldWith(0, {});
    world.trouble.add({ operation, effect: 'fails', times: Infinity });
    let failures = 0;
    world.host.app.addObserver((_, event) => {
      if (event === 'domain-start-failed') failures++;
    });
    await setMax(world, 2);
    await world.pass(3_600_000);
    t.true(failures > 10 && failures < 25, `${failures} starts have failed in an hour`);
    world.trouble.heal();
    await world.pass(3_600_000);
    t.is(listed(world).length, 2, 'and it is not given up');
  });
}
