import test from 'ava';

import { playMany, reportTally } from './any-history.ts';
import type { Tally } from './player.ts';
import { CHANGES } from './steps.ts';

const tally: Tally = new Map();

for (const number of [11, 12, 13, 14, 15]) {
  test.serial(`any history of many changes, number ${number}`, (t) =>
    playMany(t, CHANGES, number, tally),
  );
}

test.serial('all kinds of things have happened in them', (t) => reportTally(t, tally));
