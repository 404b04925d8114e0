// Disposables that are started ahead, as a person meets them: the programs as they are installed, and
// the real host.
import { join } from 'node:path';

import test from 'ava';

import { startHost } from '../../support/embedded-system.ts';
import { PreloadHost, TEMPLATE } from '../../support/preload-host.ts';
import { addService } from '../../support/qrexec-system.ts';
import { builtFolder } from '../../support/service-process.ts';
import { readFile, writeFile } from 'node:fs/promises';

await builtFolder();

test('a feature says how many wait, and a request gets one at once', async (t) => {
  const system = await PreloadHost.make(t);
  await system.rpc(`features ${TEMPLATE} preload-dispvm-delay 0`, { mustSucceed: true });
  await system.rpc(`features ${TEMPLATE} preload-dispvm-max 2`, { mustSucceed: true });
  const { list, there } = await system.untilReady(2);
  for (const waiting of list.map((name) => there.get(name))) {
    t.is(waiting?.features.get('internal'), '1');
    t.is(waiting?.properties.get('is_preload')?.value, 'True');
  }

  const given = await system.request();
  t.true(list.includes(given), given);
  const used = (await system.look()).there.get(given);
  t.is(used?.state, 'Running');
  t.is(used?.features.get('internal'), undefined);
  t.is(used?.properties.get('is_preload')?.value, 'False');
  t.true(used?.tags.includes('created-by-dom0'));
  const filled = await system.untilReady(2);
  t.is(
    filled.list[0],
    list.find((name) => name !== given),
  );

  await system.client.qube(given).kill();
  await system.setMax(0);
  await system.untilReady(0);
  while (system.left().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(
    system.running().filter((name) => name.startsWith('disp')),
    [],
  );
});

test('a call to @dispvm is served by one that waits', async (t) => {
  const system = await PreloadHost.make(t);
  await addService(join(system.root, 'qubes-rpc'), 'test.Who', 'basename "$HOME"');
  await writeFile(
    join(system.root, 'policy.d', '30-test.policy'),
    'test.Who * work @dispvm allow\n',
  );
  await system.setMax(1);
  const [waiting = ''] = (await system.untilReady(1)).list;
  const { text, stderr } = await system.rpc('run --as work @dispvm test.Who');
  t.is(text, `${waiting}\n`, stderr);
  t.false((await system.look()).there.has(waiting), 'it is gone with the call');
});

test('those that wait outlive their host', async (t) => {
  const system = await PreloadHost.make(t);
  await system.setMax(2);
  const ready = (await system.untilReady(2)).list;
  await system.rpc('host stop', { mustSucceed: true });
  const host = await startHost(system.root);
  t.deepEqual((await system.untilReady(2)).list, ready);
  host.kill('SIGKILL');
  await host.finished;
  const next = await startHost(system.root);
  t.teardown(() => next.kill('SIGKILL'));
  t.deepEqual((await system.untilReady(2)).list, ready);
  t.is(await system.request(), ready[0] ?? '');
});

test('a host that is killed when it has only heard how many are wanted', async (t) => {
  const system = await PreloadHost.make(t);
  await system.rpc('host stop', { mustSucceed: true });
  const first = await startHost(system.root);
  t.teardown(() => first.kill('SIGKILL'));
  await system.setMax(2);
  first.kill('SIGKILL');
  await first.finished;
  const next = await startHost(system.root);
  t.teardown(() => next.kill('SIGKILL'));
  t.is((await system.untilReady(2)).list.length, 2);
});

test('after a start of the machine the stock is new, and what nobody started is gone', async (t) => {
  const system = await PreloadHost.make(t);
  const { root } = system;
  const never = await system.request();
  await system.setMax(2);
  const before = (await system.untilReady(2)).list;
  await system.rpc('host stop', { mustSucceed: true });
  await writeFile(join(root, 'run', 'boot-id'), 'an earlier one');
  const domains = await readFile(join(root, 'run', 'domains.json'), 'utf8');
  const earlier = domains.replace(/"bootId":"[^"]+"/, '"bootId":"an earlier one"');
  await writeFile(join(root, 'run', 'domains.json'), earlier);

  const host = await startHost(root);
  t.teardown(() => host.kill('SIGKILL'));
  let stock = await system.untilReady(2);
  // Those from before are there until they are removed.
  while (stock.list.some((name) => before.includes(name))) stock = await system.untilReady(2);
  t.false(stock.there.has(never));
  t.deepEqual([...stock.there.keys()].sort(), stock.list.toSorted());
});
