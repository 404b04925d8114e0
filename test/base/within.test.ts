import test from 'ava';

import { within } from '../../lib/base/within.ts';

/** What comes about after many turns of the loop. */
async function later(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('what comes about is waited for, also for longer than a timer can', async (t) => {
  t.true(await within(2 ** 31, later()));
});

test('a time that is over, and who gives up, end the waiting', async (t) => {
  const never = new Promise<void>(() => undefined);
  t.false(await within(0.01, never));
  t.false(await within(3600, never, AbortSignal.timeout(10)));
});
