import test from 'ava';

import { playMany, reportTally } from './any-history.ts';
import type { Tally } from './player.ts';
import { TROUBLE } from './steps.ts';

const tally: Tally = new Map();

for (const number of [6, 7, 8, 9, 10]) {
  test.serial(`any history of much that goes wrong, number ${number}`, (t) =>
    playMany(t, TROUBLE, number, tally),
  );
}

test.serial('all kinds of things have happened in them', (t) => reportTally(t, tally));
