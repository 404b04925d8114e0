// The host is killed while it starts disposables ahead, hands them over and clears them away. Whenever
// that is, the next host has a sound stock: KILLS=500 kills longer.
import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { startHost } from '../../support/embedded-system.ts';
import { PreloadHost, TEMPLATE } from '../../support/preload-host.ts';
import { builtFolder } from '../../support/service-process.ts';

const KILLS = Number(process.env['KILLS'] ?? '16');

/** Longest time a host lives under load, in milliseconds: a disposable is ready after some hundreds. */
const LIFE_MS = 700;

const MAX = 3;

await builtFolder();

/** What is known of a run: what was answered, and the last that was asked for. */
interface Known {
  /** Disposables that somebody has got. */
  readonly given: Set<string>;
  /** What the maximum may be: the last that was answered, and what was sent after it. */
  max: readonly number[];
}

/** Uses the system until its host is gone. */
async function useUntilKilled(system: PreloadHost, known: Known): Promise<void> {
  const requests = async (): Promise<void> => {
    for (;;) {
      await delay(Math.random() * 150);
      known.given.add(await system.request());
    }
  };
  const changes = async (): Promise<void> => {
    for (;;) {
      await delay(Math.random() * 300);
      const max = Math.floor(Math.random() * (MAX + 1));
      known.max = [...known.max, max];
      await system.setMax(max);
      known.max = [max];
    }
  };
  const ends = async (): Promise<void> => {
    for (;;) {
      await delay(Math.random() * 150);
      const [one] = known.given;
      if (one === undefined) continue;
      // Whether it gets that far is not known.
      known.given.delete(one);
      await system.client.qube(one).kill();
    }
  };
  await Promise.allSettled([requests(), requests(), changes(), ends()]);
}

/** What holds whenever a host is there, whatever it is just doing. */
async function isSound(t: ExecutionContext, system: PreloadHost, known: Known): Promise<void> {
  const stock = await system.stock();
  const there = await system.disposables();
  t.is(new Set(stock).size, stock.length, 'nobody is in the list twice');
  t.true(stock.length <= Math.max(...known.max), `${stock.join()}, at most ${known.max.join()}`);
  for (const name of known.given) {
    t.false(stock.includes(name), `${name} was given away`);
    const qube = there.get(name);
    t.is(qube?.state, 'Running', `${name} goes on`);
    t.is(qube?.features.get('internal'), undefined, `${name} is shown`);
  }
}

/** What holds when the host has nothing more to do. */
async function endsSound(t: ExecutionContext, system: PreloadHost, known: Known): Promise<void> {
  const [max = 0] = known.max;
  const stock = new Set(await system.untilReady(max));
  const there = await system.disposables();
  const names = [...there.keys()].sort();
  for (const [name, qube] of there) {
    t.is(qube.properties.get('is_preload')?.value, stock.has(name) ? 'True' : 'False', name);
    t.is(qube.state, stock.has(name) ? 'Paused' : 'Running', name);
    t.is(qube.features.get('internal'), stock.has(name) ? '1' : undefined, name);
    t.is(qube.features.get('preload-dispvm-in-progress') ?? '', '', name);
  }
  t.deepEqual(system.left().toSorted(), names, 'on disk');
  t.deepEqual(
    system
      .running()
      .filter((name) => name.startsWith('disp'))
      .toSorted(),
    names,
  );
}

test(`a host that is killed ${KILLS} times leaves a sound stock`, async (t) => {
  t.timeout(KILLS * 60_000);
  const system = await PreloadHost.make(t);
  await system.rpc(`features ${TEMPLATE} preload-dispvm-delay 0`, { mustSucceed: true });
  await system.rpc('host stop', { mustSucceed: true });
  const known: Known = { given: new Set(), max: [0] };
  let given = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const host = await startHost(system.root);
    t.teardown(() => host.kill('SIGKILL'));
    await isSound(t, system, known);
    const used = useUntilKilled(system, known);
    await delay(Math.random() * LIFE_MS);
    host.kill('SIGKILL');
    await host.finished;
    await used;
    given += known.given.size;
    if (kill % 4 !== 3) continue;
    const next = await startHost(system.root);
    t.teardown(() => next.kill('SIGKILL'));
    await system.setMax(MAX);
    known.max = [MAX];
    t.log(`round ${kill}: ${known.given.size} are used`);
    await endsSound(t, system, known);
    // Who was given away and who asked for it is not known any more.
    for (const name of (await system.disposables()).keys()) {
      if (!(await system.stock()).includes(name)) await system.client.qube(name).kill();
    }
    known.given.clear();
    next.kill('SIGKILL');
    await next.finished;
  }
  t.true(given > 0, 'some were handed over');
});
