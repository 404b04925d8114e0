import type { ExecutionContext } from 'ava';
import fc from 'fast-check';

import { play } from './play.ts';
import type { Tally } from './player.ts';
import { anyHistory, STEP_KINDS } from './steps.ts';
import type { Mix } from './steps.ts';

/** With SLOW=1 the tests play a million steps, and other ones each time. */
const isSlow = process.env['SLOW'] === '1';
const HISTORIES = isSlow ? 4300 : 500;
const BASE = isSlow ? Math.trunc(performance.timeOrigin) : 0;
const MAX_STEPS = 20;
const LONGEST_MS = 3_600_000;

/** Plays many histories, and tells of the shortest after which something is not as it must be. */
export async function playMany(
  t: ExecutionContext,
  mix: Mix,
  number: number,
  tally: Tally,
): Promise<void> {
  t.timeout(LONGEST_MS);
  const seed = BASE + number;
  const property = fc.asyncProperty(anyHistory(mix, MAX_STEPS), (history) => play(history, tally));
  const result = await fc.check(property, { seed, numRuns: HISTORIES });
  if (!result.failed) {
    t.pass();
    return;
  }
  const { errorInstance, counterexample, counterexamplePath: path } = result;
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  t.fail(
    `${reason}\nafter ${JSON.stringify(counterexample?.[0])}\n(seed ${seed}, path ${path ?? ''})`,
  );
}

/** Kinds of what happened that each mix must have led to, or its test would say nothing. */
const EXPECTED = [
  'handed over: ready',
  'handed over: starting',
  'handed over: fresh',
  'host killed',
  'machine rebooted',
  'released',
  'touched: Unpause',
  'touched: Kill',
  'renewed: done',
  'failed',
];

/** Tells what has happened, and that all kinds of it have. */
export function reportTally(t: ExecutionContext, tally: Tally): void {
  const counts = [...tally].toSorted(([one], [other]) => one.localeCompare(other));
  t.log(`${STEP_KINDS.reduce((sum, kind) => sum + (tally.get(kind) ?? 0), 0)} steps`);
  t.log(counts.map(([kind, count]) => `${kind} ${count}`).join(', '));
  const missing = EXPECTED.filter((kind) => !tally.has(kind));
  t.deepEqual(missing, []);
}
