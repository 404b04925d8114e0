import test from 'ava';

import { playMany, reportTally } from './any-history.ts';
import type { Tally } from './player.ts';
import { RUSH } from './steps.ts';

const tally: Tally = new Map();

for (const number of [16, 17, 18, 19, 20]) {
  test.serial(`any history of many requests, number ${number}`, (t) =>
    playMany(t, RUSH, number, tally),
  );
}

test.serial('all kinds of things have happened in them', (t) => reportTally(t, tally));
