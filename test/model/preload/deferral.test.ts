import test from 'ava';

import type { Clock } from '../../../lib/base/clock.ts';
import { Deferral } from '../../../lib/model/preload/deferral.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOUR_MS = 3_600_000;
const MONTH_SECONDS = 30 * 24 * 3600;

/** A deferral on a clock that a person can set, and when its work was done: seconds since now. */
function make() {
  const time = new FakeClock();
  const began = time.now();
  let setMs = 0;
  const clock: Clock = {
    now: () => time.now() + setMs,
    after: (ms, callback) => time.after(ms, callback),
  };
  const done: number[] = [];
  const deferral = new Deferral(clock, () => done.push((time.now() - began) / 1000));
  return { time, done, deferral, set: (ms: number) => (setMs = ms) };
}

test('the first of all that was asked for is done, for all', async (t) => {
  const { time, done, deferral } = make();
  deferral.in(10);
  await time.pass(1000);
  deferral.in(20);
  deferral.in(10);
  deferral.in(5);
  await time.pass(HOUR_MS);
  t.deepEqual(done, [6]);
  deferral.in(1);
  await time.pass(HOUR_MS);
  t.is(done.length, 2);
});

test('what was asked for first may come first although it was to take longer', async (t) => {
  const { time, done, deferral } = make();
  deferral.in(10);
  await time.pass(8000);
  deferral.in(5);
  await time.pass(HOUR_MS);
  t.deepEqual(done, [10]);
});

test('nothing is done that was called off', async (t) => {
  const { time, done, deferral } = make();
  deferral.in(10);
  deferral.in(5);
  deferral.cancel();
  await time.pass(HOUR_MS);
  t.deepEqual(done, []);
});

for (const ms of [-24 * HOUR_MS, 24 * HOUR_MS]) {
  test(`a clock that is set by ${ms / HOUR_MS} hours changes nothing`, async (t) => {
    const { time, done, deferral, set } = make();
    deferral.in(600);
    set(ms);
    deferral.in(5);
    set(2 * ms);
    await time.pass(HOUR_MS);
    t.deepEqual(done, [5]);
  });
}

test('a month is waited for, and what has no end is not done', async (t) => {
  const { time, done, deferral } = make();
  deferral.in(1e20);
  deferral.in(MONTH_SECONDS);
  await time.pass(MONTH_SECONDS * 1000 - 1);
  t.deepEqual(done, []);
  await time.pass(1);
  t.deepEqual(done, [MONTH_SECONDS]);
});
