import test from 'ava';

import { QubesException } from '../../../lib/base/admin-error.ts';
import { Dispids } from '../../../lib/model/dispids.ts';

const ALL = 10_000;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

const nobody = (): boolean => false;

test('each number is given once, and none that a qube has', (t) => {
  const dispids = new Dispids();
  const isUsed = (number: number): boolean => number % 2 === 1;
  const given = Array.from({ length: ALL / 2 }, () => dispids.take(isUsed, 0));
  t.deepEqual(
    given.toSorted((one, other) => one - other),
    Array.from({ length: ALL / 2 }, (_, index) => 2 * index),
  );
  t.throws(() => dispids.take(isUsed, 0), {
    instanceOf: QubesException,
    message: 'There is no unused number for a disposable',
  });
});

test('a number rests for a week after it was given up, unless nothing came of it', (t) => {
  const dispids = new Dispids();
  for (let count = 0; count < ALL; count++) dispids.take(nobody, 0);
  t.throws(() => dispids.take(nobody, WEEK_MS - 1));
  dispids.takeBack(4711);
  t.is(dispids.take(nobody, 1), 4711);
  dispids.giveUp(4711, WEEK_MS / 2);
  for (let count = 1; count < ALL; count++) t.not(dispids.take(nobody, WEEK_MS), 4711);
  t.throws(() => dispids.take(nobody, WEEK_MS));
  t.is(dispids.take(nobody, 1.5 * WEEK_MS), 4711);
});

test('numbers are drawn by chance', (t) => {
  const first = Array.from({ length: 50 }, () => new Dispids().take(nobody));
  t.true(new Set(first).size > 10);
});
