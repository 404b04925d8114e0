import test from 'ava';

import { asReference, compare, summaryUnder } from '../../../bench/preload/day/compare.ts';
import { makeDay, NO_TROUBLE } from '../../../bench/preload/day/day.ts';
import type { Day } from '../../../bench/preload/day/day.ts';
import { live } from '../../../bench/preload/day/live.ts';
import { OurPolicy } from '../../../bench/preload/day/our-policy.ts';
import { plotOf } from '../../../bench/preload/day/plot.ts';
import { ReferencePolicy } from '../../../bench/preload/day/reference-policy.ts';
import { Starts } from '../../../bench/preload/day/starts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const NEVER = new AbortController().signal;
const NINE = 9 * 3600;

/** A day on which somebody opens something at these times, in seconds after nine. */
function dayOf(times: readonly number[], trouble: Day['trouble'] = NO_TROUBLE): Day {
  const happenings = times.map((at) => ({ at: NINE + at, what: 'open', keptSeconds: 60 }) as const);
  return { seed: 1, begin: NINE - 60, end: NINE + 3600, happenings, trouble };
}

test('starts slow each other down while they go on together', async (t) => {
  const clock = new FakeClock();
  const starts = new Starts(clock);
  const begin = clock.now();
  const ends: Promise<number>[] = [];
  const start = async (seconds: number): Promise<number> => {
    await starts.work(seconds, NEVER);
    return (clock.now() - begin) / 1000;
  };
  ends.push(start(4));
  await clock.pass(2000);
  ends.push(start(4));
  await clock.pass(60_000);
  // The first has done 2 of 4 seconds alone, and the rest at two thirds of the pace.
  t.deepEqual(await Promise.all(ends), [5, 7]);
});

test('a start that is called off slows nobody down any more', async (t) => {
  const clock = new FakeClock();
  const starts = new Starts(clock);
  const begin = clock.now();
  const ended = new AbortController();
  const off = t.throwsAsync(starts.work(100, ended.signal));
  const other = starts.work(4, NEVER).then(() => (clock.now() - begin) / 1000);
  await clock.pass(3000);
  ended.abort();
  await clock.pass(60_000);
  await off;
  t.is(await other, 5);
});

for (const [name, begin] of [
  ['ours', (day: Day, max: number) => OurPolicy.begin(day, { max, delay: 3 })],
  ['the reference', async (day: Day, max: number) => new ReferencePolicy(day, { max, delay: 3 })],
] as const) {
  test(`${name}: without preloading everybody waits for a whole start`, async (t) => {
    const day = dayOf([0, 600]);
    t.deepEqual((await live(day, await begin(day, 0))).waits, [6.5, 6.5]);
  });

  test(`${name}: two that wait are there at once, and the third of a burst is started`, async (t) => {
    const day = dayOf([0, 1, 2]);
    const outcome = await live(day, await begin(day, 2));
    t.deepEqual(outcome.waits.slice(0, 2), [0, 0]);
    t.true((outcome.waits[2] ?? 0) >= 6.5);
    t.is(outcome.used, 2);
    t.is(outcome.wasted, 0);
    t.is(outcome.waits.length, 3);
  });

  test(`${name}: a day is the same each time`, async (t) => {
    const trouble = { filesPercent: 2, bootsPercent: 2, isMemoryScarce: true };
    const play = async () => {
      const day = makeDay(7, trouble);
      return live(day, await begin(day, 2));
    };
    const first = await play();
    t.true(first.waits.length > 20);
    t.deepEqual(await play(), first);
  });

  test(`${name}: what waits is given up for a sleep, and memory is held until then`, async (t) => {
    const day = dayOf([]);
    const sleep = { at: NINE + 1800, what: 'sleep' } as const;
    const outcome = await live({ ...day, happenings: [sleep] }, await begin(day, 1));
    t.is(outcome.wasted, 1);
    // 200 MiB for half an hour, and some seconds of its start.
    t.true(outcome.mibHours > 95 && outcome.mibHours < 110, String(outcome.mibHours));
  });
}

test('what the model of the reference leaves in its list after a failure is waited for', async (t) => {
  const day = dayOf([600], { ...NO_TROUBLE, filesPercent: 300 });
  // Of three volumes, each fails to be made.
  const policy = new ReferencePolicy(day, { max: 1, delay: 3 });
  let isOver = false;
  policy.open().catch(() => (isOver = true));
  await policy.clock.pass(71_000);
  t.false(isOver);
  await policy.clock.pass(2000);
  t.true(isOver);
});

test('the same figures make the same picture', async (t) => {
  const days = [dayOf([0, 5, 600])];
  const draw = async () => {
    const none = await summaryUnder(days, asReference, { max: 0, delay: 3 });
    return plotOf(none, await compare(days, [{ max: 1, delay: 3 }]));
  };
  const picture = await draw();
  t.regex(picture, /^<svg [^]*<\/svg>\n$/);
  t.notRegex(picture, /NaN|undefined|Infinity/);
  t.is(await draw(), picture);
});
