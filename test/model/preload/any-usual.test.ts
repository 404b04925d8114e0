import test from 'ava';

import { playMany, reportTally } from './any-history.ts';
import type { Tally } from './player.ts';
import { USUAL } from './steps.ts';

const tally: Tally = new Map();

for (const number of [1, 2, 3, 4, 5]) {
  test.serial(`any history of what usually happens, number ${number}`, (t) =>
    playMany(t, USUAL, number, tally),
  );
}

test.serial('all kinds of things have happened in them', (t) => reportTally(t, tally));
