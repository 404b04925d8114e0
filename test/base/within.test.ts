import test from 'ava';

import { SYSTEM_CLOCK } from '../../lib/base/clock.ts';
import { within } from '../../lib/base/within.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** What comes about after many turns of the loop. */
async function later(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('what comes about is waited for, also for longer than a timer can', async (t) => {
  t.true(await within(SYSTEM_CLOCK, 2 ** 31, later()));
});

test('a time that is over, and who gives up, end the waiting', async (t) => {
  const never = new Promise<void>(() => undefined);
  t.false(await within(SYSTEM_CLOCK, 0.01, never));
  t.false(await within(SYSTEM_CLOCK, 3600, never, AbortSignal.timeout(10)));
});

test('time is that of its clock, and what fails in time is told', async (t) => {
  const clock = new FakeClock();
  const never = new Promise<void>(() => undefined);
  const waiting = within(clock, 86_400, never);
  await clock.pass(86_400_000);
  t.false(await waiting);
  const failing = within(clock, 1, Promise.reject(new Error('it fails')));
  await t.throwsAsync(failing, { message: 'it fails' });
});
