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

/** Who asks while none is ready gets one that is still to be started. */
const USED = ['Running', 'Halted'];

await builtFolder();

/** What is known of a run: what was answered, and the last that was asked for. */
interface Known {
  /** Disposables that somebody has got. */
  readonly given: Set<string>;
  /** What the maximum may be: the last that was answered, and what was sent after it. */
  max: readonly number[];
}

/** Uses the system until its host is gone: then every call fails. */
async function useUntilKilled(system: PreloadHost, known: Known, gone: AbortSignal): Promise<void> {
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
    while (!gone.aborted) {
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
  const { list, there } = await system.look();
  t.is(new Set(list).size, list.length, 'nobody is in the list twice');
  t.true(list.length <= Math.max(...known.max), `${list.join()}, at most ${known.max.join()}`);
  for (const name of known.given) {
    t.false(list.includes(name), `${name} was given away`);
    const qube = there.get(name);
    t.true(qube !== undefined && USED.includes(qube.state), `${name} goes on: ${qube?.state}`);
    t.is(qube?.features.get('internal'), undefined, `${name} is shown`);
  }
}

/** What holds when the host has nothing more to do. */
async function endsSound(t: ExecutionContext, system: PreloadHost, known: Known): Promise<void> {
  const [max = 0] = known.max;
  const { list, there } = await system.untilReady(max);
  const stock = new Set(list);
  const names = [...there.keys()].sort();
  for (const [name, qube] of there) {
    t.is(qube.properties.get('is_preload')?.value, stock.has(name) ? 'True' : 'False', name);
    t.true((stock.has(name) ? ['Paused'] : USED).includes(qube.state), `${name}: ${qube.state}`);
    t.is(qube.features.get('internal'), stock.has(name) ? '1' : undefined, name);
  }
  const left = system.left();
  t.deepEqual(
    names.filter((name) => !left.includes(name)),
    [],
    'on disk',
  );
  t.deepEqual(
    system
      .running()
      .filter((name) => name.startsWith('disp'))
      .toSorted(),
    names.filter((name) => there.get(name)?.state !== 'Halted'),
    'on the machine',
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
    const gone = new AbortController();
    const used = useUntilKilled(system, known, gone.signal);
    await delay(Math.random() * LIFE_MS);
    host.kill('SIGKILL');
    await host.finished;
    gone.abort();
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
    const { list, there } = await system.look();
    for (const [name, { state }] of there) {
      const qube = system.client.qube(name);
      if (!list.includes(name)) await (state === 'Running' ? qube.kill() : qube.remove());
    }
    known.given.clear();
    next.kill('SIGKILL');
    await next.finished;
  }
  t.true(given > 0, 'some were handed over');
});
