import test from 'ava';

import { preloadWorld } from './preload-world.ts';

test('a disposable is made, used, and goes, in a world in memory', async (t) => {
  const world = await preloadWorld();
  const { content } = await world.ask({ service: 'admin.vm.CreateDisposable', source: 'mail' });
  t.regex(content, /^disp[0-9]+$/);
  t.is((await world.ask({ service: 'admin.vm.Start', destination: content })).error, undefined);
  t.true(world.disk.folders.has(`appvms/${content}`));
  await world.ask({ service: 'admin.vm.Kill', destination: content });
  t.is(world.find(content), undefined);
  t.false(world.disk.folders.has(`appvms/${content}`));
  t.deepEqual(world.faults, []);
});
